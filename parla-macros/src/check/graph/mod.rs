//! Rules about the graph that a function makes.
//!
//! What the function doesn't know of integers is tried ([`trials`]). A mistake is reported if it
//! appears for *all* values for which the source that it is about comes into play ([`findings`]),
//! so that a program that is right for the values it really gets is not blamed for others.

mod cycles;
mod duplicates;
mod findings;
mod missing;
mod order;
mod places;
mod races;
mod trials;

use crate::diag::Code;
use crate::model::flow::Flow;
use crate::model::instance::Instance;
use findings::Finding;
pub(super) use trials::instances;

/// A rule about an instance, the code under which it reports, and its function.
pub(crate) struct InstanceRule {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for people: it is also the name of its tests")
    )]
    pub(crate) name: &'static str,
    pub(crate) code: Code,
    find: fn(&Instance<'_>, &Flow) -> Vec<Finding>,
}

/// The rules about instances, in the order in which they report.
pub(crate) const INSTANCE_RULES: &[InstanceRule] = &[
    InstanceRule {
        name: "spawned-once",
        code: Code::P0001,
        find: duplicates::duplicates,
    },
    InstanceRule {
        name: "dependency-is-spawned",
        code: Code::P0002,
        find: missing::dependencies,
    },
    InstanceRule {
        name: "awaited-is-spawned",
        code: Code::P0002,
        find: missing::waits,
    },
    InstanceRule {
        name: "no-cycle",
        code: Code::P0003,
        find: cycles::cycles,
    },
    InstanceRule {
        name: "wait-can-end",
        code: Code::P0003,
        find: cycles::waits,
    },
    InstanceRule {
        name: "index-fits",
        code: Code::P0004,
        find: places::places,
    },
    InstanceRule {
        name: "conflict-is-ordered",
        code: Code::P0009,
        find: races::races,
    },
];
