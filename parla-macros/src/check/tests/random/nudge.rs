//! Small changes of programs, as a slip of the hand makes them: most leave a mistake, some do not.

use fastrand::Rng;

use super::program::{
    Adapter, Block, Form, Iterator, Program, Spawn, Stmt, Tasks, blocks, literals,
};

/// Changes one thing, if it finds it.
pub(super) fn nudge(program: &mut Program, rng: &mut Rng) {
    match rng.u32(0..8) {
        0 | 1 => {
            let mut count = 0;
            literals(&mut program.body, &mut |_| count += 1);
            let chosen = rng.usize(0..count.max(1));
            let by = [1, -1, -2][rng.usize(0..3)];
            let mut at = 0;
            literals(&mut program.body, &mut |value| {
                if at == chosen {
                    *value += by;
                }
                at += 1;
            });
        }
        2 => in_some_block(program, rng, &mut |block, rng| {
            block.remove(rng.usize(0..block.len()));
        }),
        3 => in_some_block(program, rng, &mut |block, rng| {
            let (one, other) = (rng.usize(0..block.len()), rng.usize(0..block.len()));
            block.swap(one, other);
        }),
        4 => in_some_block(program, rng, &mut |block, rng| {
            let again = block[rng.usize(0..block.len())].clone();
            block.insert(rng.usize(0..=block.len()), again);
        }),
        5 | 6 => share(program, rng),
        _ => in_some_block(program, rng, &mut |block, rng| {
            let chosen = rng.usize(0..block.len());
            if let Stmt::For {
                iterator:
                    Iterator::Range {
                        is_inclusive,
                        adapters,
                        ..
                    },
                ..
            } = &mut block[chosen]
            {
                match rng.u32(0..4) {
                    0 => *is_inclusive = !*is_inclusive,
                    1 => adapters.push(Adapter::Reverse),
                    2 => adapters.push(Adapter::StepBy(2)),
                    _ => adapters.clear(),
                }
            }
        }),
    }
}

/// Lets a spawn wait for what another one waits for, or for the other one.
fn share(program: &mut Program, rng: &mut Rng) {
    let mut known: Vec<Tasks> = Vec::new();
    let mut count = 0;
    spawns(program, &mut |spawn| {
        known.extend(spawn.target.iter().cloned().map(Tasks::Place));
        known.extend(spawn.deps.iter().cloned());
        count += 1;
    });
    if known.is_empty() {
        return;
    }
    let chosen = rng.usize(0..count);
    let tasks = known[rng.usize(0..known.len())].clone();
    let mut at = 0;
    spawns(program, &mut |spawn| {
        if at == chosen && !(spawn.form == Form::Builder && has_notation(&tasks)) {
            spawn.deps.push(tasks.clone());
        }
        at += 1;
    });
}

/// Whether it can't be written without the macros' notation.
fn has_notation(tasks: &Tasks) -> bool {
    !matches!(tasks, Tasks::Place(_) | Tasks::Handle(_))
}

/// Calls `visit` with every spawn.
pub(super) fn spawns(program: &mut Program, visit: &mut dyn FnMut(&mut Spawn)) {
    blocks(&mut program.body, &mut |block| {
        for stmt in block {
            if let Stmt::Spawn(spawn) = stmt {
                visit(spawn);
            }
        }
    });
}

fn in_some_block(
    program: &mut Program,
    rng: &mut Rng,
    change: &mut dyn FnMut(&mut Block, &mut Rng),
) {
    let mut count = 0;
    blocks(&mut program.body, &mut |_| count += 1);
    let chosen = rng.usize(0..count);
    let mut at = 0;
    blocks(&mut program.body, &mut |block| {
        if at == chosen && !block.is_empty() {
            change(block, rng);
        }
        at += 1;
    });
}
