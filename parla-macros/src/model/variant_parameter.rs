//! What a parameter of a GPU variant stands for.

use syn::{FnArg, GenericArgument, PathArguments, Type, TypeReference};

use super::GpuParameter;

/// A parameter of a variant.
#[derive(Debug)]
pub(crate) enum VariantParameter {
    /// `&Gpu`: not an argument of the task function.
    Gpu,
    /// `&DeviceSlice<T>`, with `T`.
    Read(Type),
    /// `&mut DeviceSliceMut<T>`, with `T`.
    Write(Type),
    /// Anything else, which both have alike.
    Value(Type),
}

impl VariantParameter {
    /// What `input` is; nothing for a receiver, which no variant has.
    pub(crate) fn of(input: &FnArg) -> Option<Self> {
        let FnArg::Typed(typed) = input else {
            return None;
        };
        if GpuParameter::of(typed).is_some_and(|it| !it.is_set) {
            return Some(Self::Gpu);
        }
        let slice = |name: &str, is_mutable: bool| match &*typed.ty {
            Type::Reference(TypeReference {
                elem, mutability, ..
            }) if mutability.is_some() == is_mutable => element(elem, name),
            _ => None,
        };
        Some(
            match (slice("DeviceSlice", false), slice("DeviceSliceMut", true)) {
                (Some(elem), _) => Self::Read(elem),
                (_, Some(elem)) => Self::Write(elem),
                _ => Self::Value((*typed.ty).clone()),
            },
        )
    }
}

/// `T` of `name<T>`.
fn element(ty: &Type, name: &str) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|it| it.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}
