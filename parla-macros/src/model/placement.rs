//! Where a task may run.

use proc_macro2::Span;
use syn::Expr;

use super::{Amount, Index, Size, Subscript};
use crate::diag::Site;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    Cpu,
    Gpu,
    /// Whichever kinds the body is made for.
    Any,
}

/// A set of devices, described.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Device {
        kind: DeviceKind,
        number: Option<Index>,
        span: Span,
    },
    /// The device that holds an array.
    Near { operand: Operand, span: Span },
    /// The device of a task.
    With { operand: Operand, span: Span },
    /// One of several; never directly inside another one.
    Alternatives { places: Vec<Place>, span: Span },
    /// Distinct devices, all at once.
    Set { places: Vec<Place>, span: Span },
    /// As many distinct devices.
    Times { place: Box<Place>, count: Amount },
    /// With shares of its own.
    Shared { place: Box<Place>, share: Share },
    /// A value that says it when the program runs.
    Value(Box<Expr>),
}

/// What stands in the braces behind a placement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Share {
    pub(crate) vcus: Option<Amount>,
    pub(crate) memory: Option<Size>,
}

/// What stands in the parentheses of `near` and `with`.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// An element of a space.
    Subscript(Subscript),
    Value(Box<Expr>),
    /// A list, where one is meant.
    List(Site),
}

impl Place {
    /// Calls `see` with this placement and every one inside it.
    pub(crate) fn walk(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::Alternatives { places, .. } | Self::Set { places, .. } => {
                places.iter().for_each(|place| place.walk(see));
            }
            Self::Times { place, .. } | Self::Shared { place, .. } => place.walk(see),
            Self::Device { .. } | Self::Near { .. } | Self::With { .. } | Self::Value(_) => {}
        }
    }

    /// Whether every device that it allows is of that kind, and where it first says so.
    pub(crate) fn is_only(&self, wanted: DeviceKind) -> Option<Span> {
        match self {
            Self::Device { kind, span, .. } => (*kind == wanted).then_some(*span),
            Self::Alternatives { places, .. } | Self::Set { places, .. } => {
                let all: Option<Vec<_>> = places.iter().map(|it| it.is_only(wanted)).collect();
                all?.first().copied()
            }
            Self::Times { place, .. } | Self::Shared { place, .. } => place.is_only(wanted),
            Self::Near { .. } | Self::With { .. } | Self::Value(_) => None,
        }
    }

    /// Whether it names the CPU, or any device, as one that it allows, and where.
    pub(crate) fn allows_cpu(&self) -> Option<Span> {
        let mut found = None;
        self.walk(&mut |place| {
            if let Self::Device { kind, span, .. } = place
                && *kind != DeviceKind::Gpu
            {
                found = found.or(Some(*span));
            }
        });
        found
    }

    /// Whether it can be expanded; `check` has recorded why if not.
    pub(crate) fn is_sound(&self) -> bool {
        let mut sound = true;
        self.walk(&mut |place| {
            sound &= match place {
                Self::Device { number, .. } => number
                    .as_ref()
                    .and_then(Index::constant)
                    .is_none_or(|it| it >= 0),
                Self::Near { operand, .. } | Self::With { operand, .. } => operand.is_sound(),
                Self::Times { count, .. } => count.is_count(1),
                Self::Shared { share, .. } => share.is_sound(),
                Self::Alternatives { .. } | Self::Set { .. } | Self::Value(_) => true,
            };
        });
        sound
    }
}

impl Share {
    fn is_sound(&self) -> bool {
        self.vcus.as_ref().is_none_or(Amount::is_share)
            && self.memory.as_ref().is_none_or(Size::is_sound)
    }
}

impl Operand {
    fn is_sound(&self) -> bool {
        match self {
            Self::Subscript(subscript) => subscript.indices().is_some(),
            Self::Value(_) => true,
            Self::List(_) => false,
        }
    }
}
