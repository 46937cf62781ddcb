//! P0006, and the options of entry points.

use expect_test::{Expect, expect};

use super::{messages, spawn, tokens};
use crate::pipeline;

#[test]
fn share_of_a_device() {
    spawn(
        "vcus = 1.5",
        "fn a() {}",
        expect![[r#"
        - P0006: `vcus` is the share of one device, from 0 to 1, not `1.5`

          = help: write a number such as `0.5`
    "#]],
    );
    spawn(
        "vcus = -0.5, placement = cpu { vcus = \"x\" }",
        "fn a() {}",
        expect![[r#"
            - P0006: `vcus` is the share of one device, from 0 to 1, not `-0.5`

              = help: write a number such as `0.5`
            - P0006: `vcus` is a number, not `"x"`

              = help: write a number such as `0.5`
        "#]],
    );
    spawn(
        "vcus = 2",
        "fn a() {}",
        expect![[r#"
            - P0006: `vcus` is the share of one device, from 0 to 1, not `2`

              = help: a share is part of one device; for several, write `placement = gpu * 2`
        "#]],
    );
    spawn(
        "vcus = 1, placement = cpu { vcus = share }",
        "fn a() {}",
        expect![[r#""#]],
    );
}

#[test]
fn memory_is_a_size() {
    spawn(
        "memory = \"2 GiBs\"",
        "fn a() {}",
        expect![[r#"
        - P0006: `"2 GiBs"` is not a size

          = help: write a number of bytes, or a text such as `"2 GiB"` (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)
    "#]],
    );
    spawn(
        "memory = 1.5, placement = gpu { memory = -1 }",
        "fn a() {}",
        expect![[r#"
            - P0006: `1.5` is not a size

              = help: write a number of bytes, or a text such as `"2 GiB"` (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)
            - P0006: `-1` is not a size

              = help: write a number of bytes, or a text such as `"2 GiB"` (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)
        "#]],
    );
}

#[test]
fn number_of_devices() {
    spawn(
        "placement = [gpu * 0, gpu * -1, gpu * 1.5, gpu(-1), cpu(0)]",
        "fn a() {}",
        expect![[r#"
            - P0006: `0` is not a number of devices

              = help: write a whole number of 1 or more
            - P0006: `-1` is not a number of devices

              = help: write a whole number of 1 or more
            - P0006: `1.5` is not a number of devices

              = help: write a whole number of 1 or more
            - P0006: the number of a `gpu` is 0 or more

              = help: the first is `gpu(0)`
        "#]],
    );
}

#[test]
fn entry_options() {
    let main = |args, expected: Expect| {
        expected.assert_eq(&messages(pipeline::main(
            tokens(args),
            tokens("fn main() {}"),
        )));
    };
    main(
        "workers = 0, seed = \"x\"",
        expect![[r#"
        - P0006: `workers` is a whole number of 1 or more, not `0`

          = help: leave it out for one worker per core
        - P0006: `seed` is a whole number of 0 or more, not `"x"`

          = help: write a number such as `42`
    "#]],
    );
    main(
        "worker = 2, sim_gpus = 1, turbo, workers = 2, workers = 3",
        expect![[r#"
            - P0007: unknown option `worker`

              = help: did you mean `workers`?
            - P0007: expected an option, `name = value`

              = help: the options are `workers`, `pin_workers`, `gpus`, `sim_gpus`, `seed`, `explicit`, `check` and `crate`
            - P0007: `workers` is given twice
            - P0007: `workers` is first given here
        "#]],
    );
    let graph = pipeline::task_graph(tokens("workers = 2"), tokens("fn f() {}"));
    expect![[r#"
        - P0007: unknown option `workers`

          = help: the options are `prebuilt`, `explicit`, `check`, `data` and `crate`
    "#]]
    .assert_eq(&messages(graph));
}
