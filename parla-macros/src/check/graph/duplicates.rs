//! A task is spawned once.

use super::findings::{About, Finding, shown_turns};
use crate::model::flow::Flow;
use crate::model::instance::Instance;

/// Tasks that are spawned twice on every way through.
pub(super) fn duplicates(instance: &Instance<'_>, flow: &Flow) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for duplicate in &instance.duplicates {
        let (first, second) = (duplicate.first, duplicate.second);
        let about = About::Spawns(first.site, second.site);
        if found.iter().any(|it| it.about == about) {
            continue;
        }
        let task = instance.name(duplicate.task);
        let turns = |turn| shown_turns(&instance.turns_of(turn), flow);
        let (first_turns, second_turns) = (turns(first.turn), turns(second.turn));
        let mut others = Vec::new();
        let mut message = format!("{task} is spawned twice");
        if first.site != second.site {
            others.push((
                first.site,
                with("is first spawned here", &task, &first_turns),
            ));
            if !second_turns.is_empty() {
                message.push_str(&format!(", here for {second_turns}"));
            }
        } else if first_turns == second_turns {
            message.push_str(": the loop around it comes here again");
        } else {
            message.push_str(&format!(
                ": for {first_turns}, and again for {second_turns}"
            ));
        }
        found.push(Finding {
            about,
            helps: vec![
                "give each task of a space its own index, or leave the target out".to_owned(),
            ],
            others,
            ..Finding::at(second.site, message)
        });
    }
    found
}

fn with(what: &str, task: &str, turns: &str) -> String {
    match turns.is_empty() {
        true => format!("{task} {what}"),
        false => format!("{task} {what}, for {turns}"),
    }
}
