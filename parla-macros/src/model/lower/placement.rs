//! Gives placements their meaning: flattens alternatives and reads numbers.

use super::amount::{amount, size};
use super::index::{index, subscript};
use crate::model::{DeviceKind, Operand, Place, Share};
use crate::parse::{Core, Element, Keyword, Placement};

/// The place that a placement describes.
pub(crate) fn place(placement: Placement) -> Place {
    let Placement {
        core,
        times,
        shares,
    } = placement;
    let mut place = self::core(core);
    if let Some(count) = times {
        place = Place::Times {
            place: Box::new(place),
            count: amount(count),
        };
    }
    if shares.is_empty() {
        return place;
    }
    let mut share = Share::default();
    for it in shares {
        if it.name == "vcus" {
            share.vcus = Some(amount(it.value));
        } else {
            share.memory = Some(size(it.value));
        }
    }
    Place::Shared {
        place: Box::new(place),
        share,
    }
}

fn core(core: Core) -> Place {
    match core {
        Core::Device {
            keyword,
            span,
            number,
        } => Place::Device {
            kind: kind(keyword),
            number: number.map(index),
            span,
        },
        Core::Near { span, operand } => Place::Near {
            operand: self::operand(operand),
            span,
        },
        Core::With { span, operand } => Place::With {
            operand: self::operand(operand),
            span,
        },
        Core::Alternatives { span, places } => {
            let mut flat = Vec::new();
            for it in places.into_iter().map(place) {
                match it {
                    Place::Alternatives { places, .. } => flat.extend(places),
                    other => flat.push(other),
                }
            }
            Place::Alternatives { places: flat, span }
        }
        Core::Set { places, span } => {
            let mut places: Vec<_> = places.into_iter().map(place).collect();
            // Parentheses around one placement only group it.
            match places.pop() {
                Some(only) if places.is_empty() => only,
                last => {
                    places.extend(last);
                    Place::Set { places, span }
                }
            }
        }
        Core::Expr(expr) => Place::Value(Box::new(expr)),
    }
}

fn operand(element: Element) -> Operand {
    match element {
        Element::Selection(selection) => Operand::Subscript(subscript(selection)),
        Element::Expr(expr) => Operand::Value(Box::new(expr)),
        Element::List { brackets, .. } => Operand::List(brackets.into()),
    }
}

fn kind(keyword: Keyword) -> DeviceKind {
    match keyword {
        Keyword::Cpu => DeviceKind::Cpu,
        Keyword::Gpu => DeviceKind::Gpu,
        Keyword::Any => DeviceKind::Any,
    }
}
