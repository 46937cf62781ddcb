//! Inputs by name, by expression, from fields, vectors and functions.

use parla::prelude::*;

struct Results {
    sum: Task<i32>,
    parts: Vec<Task<i32>>,
}

#[task]
fn add(a: &i32, b: &i32) -> i32 {
    a + b
}

#[task_graph]
fn build() -> Results {
    let t = TaskSpace::new("T");
    let mut parts = Vec::new();
    for i in 0..4 {
        parts.push(
            #[spawn(t[i])]
            move || i,
        );
    }
    let low = #[spawn(t[4], input = [a = parts[0], b = parts[1]])]
    add(a, b);
    let high = #[spawn(t[5], input = [a = parts[2], b = &parts[3]], deps = [t[0..4]])]
    add(a, b);
    #[spawn(t[6], input = [low, high])]
    fn sum() -> i32 {
        low + high
    }
    Results { sum, parts }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let results = build();
    let twice = #[spawn(input = [sum = results.sum, first = results.parts[1]])]
    move || 2 * sum + first;
    assert_eq!(twice.await?, 13);
    let mut sum = #[spawn]
    || 0;
    for part in results.parts {
        sum = {
            #[spawn(input = [sum, part])]
            fn add() -> i32 {
                sum + part
            }
            add
        };
    }
    assert_eq!(sum.await?, 6);
    Ok(())
}
