//! Every shape as a program on Parla's public interface, one function each. Run them inside
//! `Runtime::run`. `prebuilt.rs` has the same graphs to be built once.

use parla_runtime::{Task, TaskSpace};

use crate::body::Body;
use crate::contender::Mode;
use crate::dag::Dag;
use crate::shape::{STENCIL_WIDTH, Shape};

/// Spawns the tasks of a shape. `random` is the graph of [`Shape::Random`], drawn before.
pub(crate) fn build(shape: Shape, extent: i64, random: &Dag, body: impl Body) {
    match shape {
        Shape::Independent => independent(extent, body),
        Shape::Chain => chain(extent, body),
        Shape::Wavefront => wavefront(extent, body),
        Shape::Tree => tree(extent, body),
        Shape::Cholesky => cholesky(extent, body),
        Shape::Stencil => stencil(extent, body),
        Shape::Random => layers(random, body),
        Shape::ForkJoin => unreachable!("calls, not tasks: see `fork_join`"),
    }
}

fn independent(n: i64, body: impl Body) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        t.task(i).spawn(move || body.run(i));
    }
}

fn chain(n: i64, body: impl Body) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        t.task(i).deps(t.at(i - 1)).spawn(move || body.run(i));
    }
}

fn wavefront(side: i64, body: impl Body) {
    let t = TaskSpace::with_shape("T", [side as usize; 2]);
    for i in 0..side {
        for j in 0..side {
            t.task([i, j])
                .deps([t.at([i - 1, j]), t.at([i, j - 1])])
                .spawn(move || body.run(i * side + j));
        }
    }
}

fn tree(depth: i64, body: impl Body) {
    let forks = (1 << depth) - 1;
    let nodes = 2 * forks + 1;
    let last = nodes + forks - 1;
    let down = TaskSpace::new("down");
    let up = TaskSpace::new("up");
    for node in 0..nodes {
        // Rounded so that the parent of the root is -1, which is no task.
        let parent = (node + 1) / 2 - 1;
        down.task(node)
            .deps(down.at(parent))
            .spawn(move || body.run(node));
    }
    let end = |node| match node < forks {
        true => up.at(node),
        false => down.at(node),
    };
    for fork in (0..forks).rev() {
        up.task(fork)
            .deps([end(2 * fork + 1), end(2 * fork + 2)])
            .spawn(move || body.run(last - fork));
    }
}

fn cholesky(tiles: i64, body: impl Body) {
    let t = TaskSpace::new("T");
    // Each tile with the task that wrote it last.
    let mut tile: Vec<Vec<Option<Task<()>>>> = vec![vec![None; tiles as usize]; tiles as usize];
    let tiles = 0..tiles as usize;
    let mut tasks = 0..;
    let mut spawn = |deps: [&Option<Task<()>>; 3]| {
        let i = tasks.next()?;
        Some(t.task(i).deps(deps).spawn(move || body.run(i)))
    };
    for k in tiles.clone() {
        // potrf
        tile[k][k] = spawn([&tile[k][k], &None, &None]);
        for i in k + 1..tiles.end {
            // trsm
            tile[i][k] = spawn([&tile[i][k], &tile[k][k], &None]);
        }
        for i in k + 1..tiles.end {
            // syrk where i == j, otherwise gemm
            for j in k + 1..=i {
                let right = if i == j { &None } else { &tile[j][k] };
                tile[i][j] = spawn([&tile[i][j], &tile[i][k], right]);
            }
        }
    }
}

fn stencil(steps: i64, body: impl Body) {
    // Indices outside the shape are no tasks: the edges need no special case.
    let t = TaskSpace::with_shape("T", [steps as usize, STENCIL_WIDTH as usize]);
    for step in 0..steps {
        for x in 0..STENCIL_WIDTH {
            t.task([step, x])
                .deps([x - 1, x, x + 1].map(|x| t.at([step - 1, x])))
                .spawn(move || body.run(step * STENCIL_WIDTH + x));
        }
    }
}

fn layers(random: &Dag, body: impl Body) {
    let t = TaskSpace::new("T");
    for i in 0..random.len() {
        t.task(i)
            .deps(random.predecessors(i).iter().map(|&p| t.at(p)))
            .spawn(move || body.run(i as i64));
    }
}

/// Calls that fork with `join`, or with scopes.
pub(crate) fn fork_join(mode: Mode, depth: i64, body: impl Body) {
    let root = TaskSpace::new("T").task(0);
    match mode {
        Mode::Scope => root.spawn(move || call_in_scopes(0, depth, body)),
        _ => root.spawn(move || call_joined(0, depth, body)),
    };
}

fn call_joined(number: i64, depth: i64, body: impl Body) {
    if depth > 0 {
        parla_runtime::join(
            || call_joined(2 * number + 1, depth - 1, body),
            || call_joined(2 * number + 2, depth - 1, body),
        );
    }
    body.run(number);
}

fn call_in_scopes(number: i64, depth: i64, body: impl Body) {
    if depth > 0 {
        let scope = parla_runtime::scope(|s| {
            s.task()
                .spawn(|| call_in_scopes(2 * number + 1, depth - 1, body));
            call_in_scopes(2 * number + 2, depth - 1, body);
        });
        scope.expect("the bodies do not fail");
    }
    body.run(number);
}
