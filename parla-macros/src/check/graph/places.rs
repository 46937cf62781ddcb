//! Indices fit the space: as many as it has dimensions, and for a target within its shape.

use super::findings::Finding;
use super::missing::counted;
use crate::model::flow::Flow;
use crate::model::instance::{Instance, Outside};

/// Indices that name no task where one is meant.
pub(super) fn places(instance: &Instance<'_>, _: &Flow) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for outside in &instance.outside {
        if found.iter().all(|it| it.site != outside.site) {
            found.push(place(instance, outside));
        }
    }
    found
}

fn place(instance: &Instance<'_>, outside: &Outside) -> Finding {
    let space = &instance.spaces[outside.space];
    let name = space.task_name(&outside.at);
    let given = outside.at.as_slice().len();
    let (message, help) = match &space.shape {
        Some(extents) if extents.len() != given => (
            format!(
                "{}, but `{}` has {} dimensions",
                counted(given),
                space.name,
                extents.len()
            ),
            format!("write {}", counted(extents.len())),
        ),
        Some(extents) => {
            let extents: Vec<_> = extents.iter().map(i64::to_string).collect();
            (
                format!(
                    "`{name}` names no task: it is outside the shape of `{}`",
                    space.name
                ),
                format!("keep to its shape, [{}]", extents.join(", ")),
            )
        }
        None => (
            format!("`{name}` names no task, since an index is negative"),
            "begin the loop later, or add to the index".to_owned(),
        ),
    };
    Finding {
        helps: vec![help],
        ..Finding::at(outside.site, message)
    }
}
