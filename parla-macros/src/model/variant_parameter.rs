//! What a parameter of a GPU variant stands for.

use syn::{FnArg, GenericArgument, PathArguments, Type};

use super::GpuParameter;

/// A parameter of a variant.
#[derive(Debug)]
pub(crate) enum VariantParameter {
    /// `&Gpu`: not an argument of the task function.
    Gpu,
    /// `DeviceSlice<T>` or `DeviceView<T, D>`.
    Read(DeviceData),
    /// `DeviceSliceMut<T>` or `DeviceViewMut<T, D>`.
    Write(DeviceData),
    /// Anything else, which both have alike.
    Value(Type),
}

/// Elements on the device.
#[derive(Debug)]
pub(crate) struct DeviceData {
    /// `T`.
    pub(crate) element: Type,
    /// `D` of a view.
    pub(crate) dimension: Option<Type>,
    /// Whether it is taken by reference.
    pub(crate) is_borrowed: bool,
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
        let (ty, is_mutable) = match &*typed.ty {
            Type::Reference(it) => (&*it.elem, Some(it.mutability.is_some())),
            ty => (ty, None),
        };
        let data = |slice, view| DeviceData::of(ty, is_mutable.is_some(), slice, view);
        let read = || data("DeviceSlice", "DeviceView").map(Self::Read);
        let write = || data("DeviceSliceMut", "DeviceViewMut").map(Self::Write);
        let on_device = match is_mutable {
            Some(false) => read(),
            Some(true) => write(),
            None => read().or_else(write),
        };
        Some(on_device.unwrap_or_else(|| Self::Value((*typed.ty).clone())))
    }
}

impl DeviceData {
    /// The word for its form.
    pub(crate) fn form(&self) -> &'static str {
        match self.dimension {
            None => "slice",
            Some(_) => "view",
        }
    }

    /// What `ty` has, if it is a type of one of these names.
    fn of(ty: &Type, is_borrowed: bool, slice: &str, view: &str) -> Option<Self> {
        let Type::Path(path) = ty else { return None };
        let segment = path.path.segments.last()?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        let mut types = arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        });
        let element = types.next()?;
        let dimension = match () {
            () if segment.ident == slice => None,
            () if segment.ident == view => Some(types.next()?),
            () => return None,
        };
        Some(Self {
            element,
            dimension,
            is_borrowed,
        })
    }
}
