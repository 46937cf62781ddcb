//! Loops over what isn't known: iterators, lines, channels, maps.

use parla::prelude::*;
use std::collections::BTreeMap;
use std::sync::mpsc;

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let text = "0 1\n2 3";
    for line in text.lines() {
        for word in line.split(' ') {
            let Ok(i) = word.parse::<usize>() else { continue };
            #[spawn(t[i], deps = [t[i - 1]])]
            fn word() {}
        }
    }
    let (sender, receiver) = mpsc::channel();
    for i in 4..6 {
        sender.send(i).unwrap();
    }
    drop(sender);
    while let Ok(i) = receiver.recv() {
        #[spawn(t[i])]
        fn received() {}
    }
    let map = BTreeMap::from([(6, "six"), (7, "seven")]);
    for (&i, name) in &map {
        #[spawn(t[i], name = *name)]
        fn named() {}
    }
    let mut stack = vec![8, 9];
    while let Some(i) = stack.pop() {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn popped() {}
    }
    let mut i = 10;
    let done = loop {
        #[spawn(t[i])]
        fn once() {}
        i += 1;
        if i > 12 {
            break i;
        }
    };
    let mut running = true;
    while running {
        #[spawn(t[done])]
        fn last_but_one() {}
        running = false;
    }
    let forever = true;
    while forever {
        #[spawn(t[14])]
        fn fourteen() {}
        if i > 0 {
            break;
        }
    }
    for (i, j) in (15..17).zip([0, 1]) {
        #[spawn(t[i], deps = [t[j], t[14]])]
        fn zipped() {}
    }
    #[spawn(deps = [t[0..17]])]
    fn last() {}
    last.await?;
    Ok(())
}
