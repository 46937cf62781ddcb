//! Indices that are counted by hand, in every kind of loop.

use parla::prelude::*;

struct Counter {
    next: usize,
}

impl Counter {
    fn take(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

fn bump(i: &mut usize) {
    *i += 1;
}

#[task_graph]
fn add(t: &TaskSpace<'static>, next: &mut usize) {
    #[spawn(t[*next])]
    fn first() {}
    *next += 1;
    #[spawn(t[*next])]
    fn second() {}
    bump(next);
    #[spawn(t[*next])]
    fn third() {}
    *next += 1;
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let mut i = 0;
    while i < 4 {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn step() {}
        i += 1;
    }
    loop {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn more() {}
        i += 1;
        if i == 6 {
            break;
        }
    }
    for word in ["a", "b"] {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn words() {
            assert!(!word.is_empty());
        }
        bump(&mut i);
    }
    let mut counter = Counter { next: i };
    for _ in 0..3 {
        #[spawn(t[counter.take()])]
        fn taken() {}
    }
    #[spawn(t[counter.next])]
    fn by_field() {}
    counter.next += 1;
    #[spawn(t[counter.next])]
    fn by_field_again() {}
    let mut next = counter.next + 1;
    add(&t, &mut next);
    let reference = &mut next;
    #[spawn(t[*reference])]
    fn through_a_reference() {}
    *reference += 1;
    #[spawn(t[*reference])]
    fn through_it_again() {}
    assert_eq!(next, 17);
    t.slice(0..18).await?;
    Ok(())
}
