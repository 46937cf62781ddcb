//! Accesses as the arguments of task functions: of each is made what the parameter asks for.
//!
//! Generated code calls the same methods on every kind of access:
//!
//! ```text
//! __parla_argument   what a variant for another device is called with
//! __parla_view       what there is on the host; of that, __parla_pass makes the argument
//! ```

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Dimension};

use super::{Element, ReadAccess, ReduceAccess, SharedRead, SharedWrite, WriteAccess};
use crate::dependencies::Input;
use crate::error::BodyError;

/// An access to an array, on its way to a variant.
#[derive(Debug)]
pub struct AccessArgument<A>(pub A);

/// Elements on the host, on their way to a parameter.
#[derive(Debug)]
pub struct ArrayArgument<'a, T, D: Dimension> {
    view: ArrayView<'a, T, D>,
    name: &'static str,
}

/// As [`ArrayArgument`], to be changed.
#[derive(Debug)]
pub struct ArrayArgumentMut<'a, T, D: Dimension> {
    view: ArrayViewMut<'a, T, D>,
    name: &'static str,
}

/// A value on its way to a parameter.
#[derive(Debug)]
pub struct ValueArgument<V>(V);

/// What can be made of elements on the host.
#[diagnostic::on_unimplemented(
    message = "of this array no argument `{Target}` can be made",
    label = "not what the task function takes",
    note = "of an array it takes `&[T]`, `ArrayView<T, D>` or `&ArrayRef<T, D>`; of one that it changes also `&mut [T]`, `ArrayViewMut<T, D>` or `&mut ArrayRef<T, D>`"
)]
pub trait PassAs<'v, Target> {
    /// The argument; for an array of that name.
    #[doc(hidden)]
    fn pass(&'v mut self, name: &str) -> Result<Target, BodyError>;
}

/// What is only read can be made of either view.
macro_rules! pass_to_read {
    ($($view:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'v, T, D: Dimension> PassAs<'v, &'v [T]> for $view<'_, T, D> {
            fn pass(&'v mut self, name: &str) -> Result<&'v [T], BodyError> {
                let shape = self.raw_dim();
                self.as_slice()
                    .ok_or_else(|| not_contiguous(name, shape.slice(), "ArrayView"))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<'v, T, D: Dimension> PassAs<'v, ArrayView<'v, T, D>> for $view<'_, T, D> {
            fn pass(&'v mut self, _: &str) -> Result<ArrayView<'v, T, D>, BodyError> {
                Ok(self.view())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<'v, T, D: Dimension> PassAs<'v, &'v ArrayRef<T, D>> for $view<'_, T, D> {
            fn pass(&'v mut self, _: &str) -> Result<&'v ArrayRef<T, D>, BodyError> {
                Ok(self)
            }
        }
    )*};
}

pass_to_read!(ArrayView ArrayViewMut);

#[diagnostic::do_not_recommend]
impl<'v, T, D: Dimension> PassAs<'v, &'v mut [T]> for ArrayViewMut<'_, T, D> {
    fn pass(&'v mut self, name: &str) -> Result<&'v mut [T], BodyError> {
        let shape = self.raw_dim();
        self.as_slice_mut()
            .ok_or_else(|| not_contiguous(name, shape.slice(), "ArrayViewMut"))
    }
}

#[diagnostic::do_not_recommend]
impl<'v, T, D: Dimension> PassAs<'v, ArrayViewMut<'v, T, D>> for ArrayViewMut<'_, T, D> {
    fn pass(&'v mut self, _: &str) -> Result<ArrayViewMut<'v, T, D>, BodyError> {
        Ok(self.view_mut())
    }
}

#[diagnostic::do_not_recommend]
impl<'v, T, D: Dimension> PassAs<'v, &'v mut ArrayRef<T, D>> for ArrayViewMut<'_, T, D> {
    fn pass(&'v mut self, _: &str) -> Result<&'v mut ArrayRef<T, D>, BodyError> {
        Ok(self)
    }
}

fn not_contiguous(name: &str, shape: &[usize], instead: &str) -> BodyError {
    let message = format!(
        "the elements of `{name}`, of shape {shape:?}, don't lie one behind the other, as those of a slice: take `{instead}` instead"
    );
    message.into()
}

macro_rules! pass_array {
    ($($argument:ident $view:ident)*) => {$(
        impl<'a, T, D: Dimension> $argument<'a, T, D> {
            /// The argument, whatever the parameter is.
            #[expect(clippy::missing_errors_doc, reason = "for generated code only")]
            pub fn __parla_pass<'v, Target>(&'v mut self) -> Result<Target, BodyError>
            where
                $view<'a, T, D>: PassAs<'v, Target>,
            {
                self.view.pass(self.name)
            }
        }
    )*};
}

pass_array!(ArrayArgument ArrayView ArrayArgumentMut ArrayViewMut);

impl<'a, V> ValueArgument<&'a V> {
    /// The argument. Its type is known, so it can still be coerced to that of the parameter.
    #[expect(clippy::missing_errors_doc, reason = "for generated code only")]
    pub fn __parla_pass(&mut self) -> Result<&'a V, BodyError> {
        Ok(self.0)
    }
}

impl<V> ValueArgument<&mut V> {
    /// As above.
    #[expect(clippy::missing_errors_doc, reason = "for generated code only")]
    pub fn __parla_pass(&mut self) -> Result<&mut V, BodyError> {
        Ok(self.0)
    }
}

#[doc(hidden)]
#[expect(clippy::must_use_candidate, reason = "for generated code only")]
impl<R> Input<R> {
    pub fn __parla_argument(&self) -> &R {
        self.get()
    }

    pub fn __parla_view(&self, _: &'static str) -> ValueArgument<&R> {
        ValueArgument(self.get())
    }
}

#[doc(hidden)]
#[expect(clippy::must_use_candidate, reason = "for generated code only")]
impl<T: Element, D: Dimension> ReadAccess<T, D> {
    pub fn __parla_argument(&self) -> AccessArgument<&Self> {
        AccessArgument(self)
    }

    pub fn __parla_view(&self, name: &'static str) -> ArrayArgument<'_, T, D> {
        let view = self.get();
        ArrayArgument { view, name }
    }
}

#[doc(hidden)]
impl<T: Element, D: Dimension> WriteAccess<T, D> {
    pub fn __parla_argument(&mut self) -> AccessArgument<&mut Self> {
        AccessArgument(self)
    }

    pub fn __parla_view(&mut self, name: &'static str) -> ArrayArgumentMut<'_, T, D> {
        let view = self.get_mut();
        ArrayArgumentMut { view, name }
    }
}

#[doc(hidden)]
impl<T: Element, D: Dimension + 'static> ReduceAccess<T, D> {
    pub fn __parla_argument(&mut self) -> AccessArgument<&mut Self> {
        AccessArgument(self)
    }

    pub fn __parla_view(&mut self, name: &'static str) -> ArrayArgumentMut<'_, T, D> {
        let view = self.get_mut();
        ArrayArgumentMut { view, name }
    }
}

#[doc(hidden)]
#[expect(clippy::must_use_candidate, reason = "for generated code only")]
impl<T: Send + Sync + 'static> SharedRead<T> {
    pub fn __parla_argument(&self) -> &T {
        self.get()
    }

    pub fn __parla_view(&self, _: &'static str) -> ValueArgument<&T> {
        ValueArgument(self.get())
    }
}

#[doc(hidden)]
impl<T: Send + Sync + 'static> SharedWrite<T> {
    pub fn __parla_argument(&mut self) -> AccessArgument<&mut Self> {
        AccessArgument(self)
    }

    pub fn __parla_view(&mut self, _: &'static str) -> ValueArgument<&mut T> {
        ValueArgument(self.get_mut())
    }
}

/// What can be used in any expression among the arguments of a call: of an array there must be
/// elements on the host.
#[diagnostic::on_unimplemented(
    message = "P0005: the elements of an array are used on the host by a call that may run on a GPU",
    label = "in an argument of a function with a GPU variant",
    note = "pass the array as an argument of its own, as `&x` or `&mut x`; or place the task on `cpu`"
)]
pub trait UsedOnHost<const MAY_BE_ON_GPU: bool> {}

impl<R, const ANYWHERE: bool> UsedOnHost<ANYWHERE> for Input<R> {}
impl<T, const ANYWHERE: bool> UsedOnHost<ANYWHERE> for SharedRead<T> {}
impl<T, const ANYWHERE: bool> UsedOnHost<ANYWHERE> for SharedWrite<T> {}
impl<T, D> UsedOnHost<false> for ReadAccess<T, D> {}
impl<T, D> UsedOnHost<false> for WriteAccess<T, D> {}
impl<T: Element, D: Dimension + 'static, const ANYWHERE: bool> UsedOnHost<ANYWHERE>
    for ReduceAccess<T, D>
{
}

/// Compiles if `access` can be used so.
pub const fn used_on_host<const MAY_BE_ON_GPU: bool, A: UsedOnHost<MAY_BE_ON_GPU>>(_: &A) {}
