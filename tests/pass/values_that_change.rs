//! Places in tuples, arrays, structs and through patterns that are written between spawns.

use parla::prelude::*;

#[derive(Default)]
struct State {
    next: usize,
    at: [usize; 2],
}

impl State {
    fn advance(&mut self) {
        self.next += 1;
    }
}

fn state_of(states: &mut [State]) -> &mut State {
    &mut states[0]
}

fn step(state: &mut State) {
    state.next += 1;
}

#[task_graph]
fn build() -> Task<usize> {
    let t = TaskSpace::new("T");
    let mut states = [State::default(), State::default()];
    let state = state_of(&mut states);
    #[spawn(t[state.next])]
    fn zero() {}
    state.next += 1;
    #[spawn(t[state.next])]
    fn one() {}
    state.advance();
    #[spawn(t[state.next])]
    fn two() {}
    step(state);
    #[spawn(t[state.next])]
    fn three() {}
    state.at = [4, 5];
    #[spawn(t[state.at[0]])]
    fn four() {}
    state.at[0] += 1;
    #[spawn(t[state.at[0]])]
    fn five() {}

    let mut pair = (6, 7);
    #[spawn(t[pair.0])]
    fn six() {}
    pair = (pair.1, pair.0);
    #[spawn(t[pair.0])]
    fn seven() {}
    let mut number = 8;
    {
        let other = &mut number;
        *other += 1;
    }
    #[spawn(t[number - 1])]
    fn eight() {}
    match number {
        ref mut it => *it += 1,
    }
    #[spawn(t[number - 1])]
    fn nine() {}
    let mut option = Some(10);
    if let Some(it) = &mut option {
        #[spawn(t[*it])]
        fn ten() {}
        *it += 1;
        #[spawn(t[*it])]
        fn eleven() {}
    }
    let mut add = 0;
    let mut count = || {
        add += 1;
        11 + add
    };
    for _ in 0..2 {
        #[spawn(t[count()])]
        fn counted() {}
    }
    let last = #[spawn(deps = [t[0..14]])]
    move || add;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(build().await?, 2);
    Ok(())
}
