//! Barriers, shuffles, votes and matches, by threads that don't all do the same.

use super::{Call, Memory, kernel};

/// What each of so many threads of one block leaves in `%v`, which begins as its number `%t`. `%l`
/// is its lane.
fn each(threads: u32, body: &str) -> Vec<u32> {
    let text = kernel(
        ".param .u64 out",
        &format!(
            ".reg .b64 %out, %a; .reg .b32 %t, %l, %v, %w, %x<9>; .reg .pred %p<9>; .shared .align 4 .u32 s[64];
            ld.param.u64 %out, [out]; mov.u32 %t, %tid.x; mov.u32 %l, %laneid; mov.u32 %v, %t;
            mul.wide.u32 %a, %t, 4; add.u64 %out, %out, %a;
            {body}
            end: st.u32 [%out], %v;"
        ),
    );
    let mut memory = Memory::default();
    let instance = memory.load(&text);
    let out = memory.upload(&vec![0u32; threads as usize]);
    memory
        .run(&Call::new(&instance, "k").of(1, threads).with(out))
        .unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    memory.download(out)
}

/// As [`each`] should leave it.
fn expect(threads: u32, value: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..threads).map(value).collect()
}

#[test]
fn lanes_of_a_branch_work_without_the_others() {
    let found = each(
        32,
        "setp.lt.u32 %p1, %l, 8; @%p1 bra low; bra.uni end;
        low: vote.sync.ballot.b32 %v, %p1, 0xFF; shfl.sync.idx.b32 %w|%p2, %l, 3, 31, 0xFF; add.u32 %v, %v, %w;",
    );
    assert_eq!(found, expect(32, |t| if t < 8 { 0xFF + 3 } else { t }));
}

#[test]
fn who_names_no_lanes_goes_with_those_at_the_same_place() {
    // Shorter for some, so that those must wait for the others at the end.
    let found = each(
        32,
        "setp.lt.u32 %p1, %l, 8; @!%p1 bra join; activemask.b32 %w; shfl.bfly.b32 %w, %w, 1, 31;
        join: vote.ballot.b32 %v, %p1; @%p1 add.u32 %v, %v, %w; vote.all.pred %p3, %p1; @%p3 mov.u32 %v, 0;",
    );
    assert_eq!(
        found,
        expect(32, |t| if t < 8 { 0xFF + 0xFF } else { 0xFF })
    );
}

#[test]
fn lanes_that_ended_are_not_waited_for() {
    let found = each(
        40,
        "setp.eq.u32 %p1, %l, 2; @%p1 bra gone; shfl.sync.down.b32 %v|%p2, %t, 1, 31, -1; @%p2 add.u32 %v, %v, 100;
        bar.sync 0; bra.uni end; gone: st.u32 [%out], 999; ret;",
    );
    let expected = expect(40, |t| match t {
        2 | 34 => 999,
        // The neighbour has ended: its own value.
        1 | 33 => t + 100,
        31 => 31,
        // The last warp has eight lanes.
        39 => 39 + 100,
        _ => t + 101,
    });
    assert_eq!(found, expected);
}

#[test]
fn votes() {
    let found = each(
        32,
        "setp.gt.u32 %p1, %l, 3; mov.u32 %v, 0;
        vote.sync.all.pred %p2, %p1, -1; @%p2 or.b32 %v, %v, 1; vote.sync.any.pred %p3, %p1, -1; @%p3 or.b32 %v, %v, 2;
        vote.sync.uni.pred %p4, %p1, -1; @%p4 or.b32 %v, %v, 4; vote.sync.any.pred %p5, !%p1, -1; @%p5 or.b32 %v, %v, 8;
        setp.ge.u32 %p6, %l, 0; vote.sync.uni.pred %p4, !%p6, -1; @%p4 or.b32 %v, %v, 16;
        vote.sync.ballot.b32 %w, !%p1, -1; shl.b32 %w, %w, 8; or.b32 %v, %v, %w;",
    );
    assert_eq!(found, expect(32, |_| 2 + 8 + 16 + 0xF00));
}

#[test]
fn matches_reductions_and_elections() {
    let found = each(
        32,
        "and.b32 %w, %l, 1; match.all.sync.b32 %x1|%p1, %w, -1; selp.u32 %v, 1, 0, %p1;
        mov.u32 %x2, 7; match.all.sync.b32 %x1|%p1, %x2, -1; @%p1 add.u32 %v, %v, 10;
        redux.sync.add.u32 %x3, %l, -1; add.u32 %v, %v, %x3; redux.sync.max.s32 %x3, %l, -1; add.u32 %v, %v, %x3;
        elect.sync %x4|%p2, -1; @%p2 add.u32 %v, %v, 1000; add.u32 %v, %v, %x4;
        bar.warp.sync -1; match.any.sync.b32 %x5, %w, -1; setp.eq.u32 %p3, %w, 0; @%p3 add.u32 %v, %v, %x5;",
    );
    let even = 0x5555_5555;
    assert_eq!(
        found,
        expect(32, |t| 10
            + 496
            + 31
            + if t == 0 { 1000 } else { 0 }
            + if t % 2 == 0 { even } else { 0 })
    );
}

#[test]
fn lanes_may_synchronize_at_different_places() {
    let found = each(
        32,
        "cvta.to.global.u64 %a, %out; setp.lt.u32 %p1, %l, 16; mov.u32 %w, s; @%p1 bra low;
        shl.b32 %x1, %l, 2; add.u32 %w, %w, %x1; st.shared.u32 [%w+-64], %l; bar.warp.sync 0xFFFFFFFF; bra end;
        low: bar.warp.sync -1; shl.b32 %x1, %l, 2; add.u32 %w, %w, %x1; ld.shared.u32 %v, [%w];",
    );
    assert_eq!(found, expect(32, |t| if t < 16 { t + 16 } else { t }));
}

#[test]
fn barriers_between_some_warps() {
    // The second warp writes, the first waits for it; the third doesn't take part.
    let found = each(
        96,
        "shr.u32 %w, %t, 5; shl.b32 %x1, %l, 2; mov.u32 %x2, s; add.u32 %x2, %x2, %x1;
        setp.eq.u32 %p1, %w, 2; @%p1 bra end; setp.eq.u32 %p1, %w, 0; @%p1 bra read;
        add.u32 %x3, %t, 1000; st.shared.u32 [%x2], %x3; bar.arrive 5, 64; bra end;
        read: barrier.sync 5, 64; ld.shared.u32 %v, [%x2];",
    );
    assert_eq!(found, expect(96, |t| if t < 32 { 1032 + t } else { t }));
}

#[test]
fn barriers_count_whole_warps() {
    let found = each(
        40,
        "mov.u32 %w, 64; bar.sync 1, %w; setp.lt.u32 %p1, %t, 35; barrier.red.popc.u32 %v, 2, %w, %p1;",
    );
    assert_eq!(found, expect(40, |_| 35));
}

#[test]
fn barriers_do_not_wait_for_who_has_ended() {
    let gone = "setp.lt.u32 %p1, %l, 3; @%p1 bra end;";
    for barrier in ["bar.sync 0;", "mov.u32 %x1, 96; bar.sync 2, %x1;"] {
        let found = each(96, &format!("{gone} {barrier} add.u32 %v, %v, 1;"));
        assert_eq!(
            found,
            expect(96, |t| if t % 32 < 3 { t } else { t + 1 }),
            "{barrier}"
        );
    }
}

#[test]
fn each_warp_at_its_own_time_at_one_barrier() {
    let found = each(
        64,
        "bar.red.and.pred %p2, 3, 32, %p1; setp.lt.u32 %p1, %t, 32; bar.red.popc.u32 %v, 3, 32, %p1;",
    );
    assert_eq!(found, expect(64, |t| if t < 32 { 32 } else { 0 }));
}

#[test]
fn a_thread_may_wait_for_what_another_writes() {
    // Thread 0 runs first and must give way.
    let found = each(
        64,
        "setp.ne.u32 %p1, %t, 0; st.shared.u32 [s], 0; bar.sync 0; @%p1 bra write;
        wait: ld.volatile.shared.u32 %w, [s]; setp.ne.u32 %p2, %w, 63; @%p2 nanosleep.u32 20; @%p2 bra wait; mov.u32 %v, 5; bra end;
        write: atom.shared.add.u32 %w, [s], 1;",
    );
    assert_eq!(found, expect(64, |t| if t == 0 { 5 } else { t }));
}

#[test]
fn shuffles_within_segments() {
    // Segments of eight: up is clamped at a segment's first lane, the others at its last.
    for (mode, b, c, source) in [
        (
            "up",
            3,
            24 << 8,
            (|l| if l % 8 >= 3 { l - 3 } else { l }) as fn(u32) -> u32,
        ),
        (
            "down",
            3,
            24 << 8 | 7,
            |l| if l % 8 < 5 { l + 3 } else { l },
        ),
        ("bfly", 5, 24 << 8 | 31, |l| l ^ 5),
        ("idx", 10, 24 << 8 | 31, |l| l / 8 * 8 + 2),
    ] {
        let found = each(32, &format!("shfl.sync.{mode}.b32 %v, %l, {b}, {c}, -1;"));
        assert_eq!(found, expect(32, source), "{mode}");
    }
}

#[test]
fn a_barrier_waits_for_the_last() {
    // Thread 32 lets all others go ahead before it writes.
    let found = each(
        33,
        "setp.ne.u32 %p1, %t, 32; @%p1 bra read; nanosleep.u32 1; nanosleep.u32 1; st.shared.u32 [s], 77;
        read: bar.sync 0; ld.shared.u32 %v, [s];",
    );
    assert_eq!(found, [77; 33]);
}

#[test]
fn a_warp_may_wait_for_what_another_writes() {
    let found = each(
        64,
        "mov.u32 %v, 0; st.shared.u32 [s], 0; bar.sync 0; setp.gt.u32 %p1, %t, 31; @%p1 bra write;
        wait: ld.volatile.shared.u32 %v, [s]; setp.eq.u32 %p2, %v, 0; vote.sync.any.pred %p3, %p2, -1; @%p3 bra wait; bra end;
        write: st.volatile.shared.u32 [s], 8;",
    );
    assert_eq!(found, expect(64, |t| if t < 32 { 8 } else { 0 }));
}

#[test]
fn some_warps_of_which_lanes_are_missing() {
    // The second warp has lost a lane, the third has eight lanes: both count as whole warps.
    let found = each(
        72,
        "setp.lt.u32 %p1, %t, 32; @%p1 bra end; setp.eq.u32 %p2, %t, 40; @%p2 bra end;
        bar.sync 1, 64; add.u32 %v, %v, 100;",
    );
    assert_eq!(
        found,
        expect(72, |t| if t < 32 || t == 40 { t } else { t + 100 })
    );
}

#[test]
fn lanes_in_a_call_are_waited_for() {
    // The function stands behind the kernel: the order in the text is not what counts.
    let text = kernel(
        ".param .u64 out",
        ".reg .b64 %out, %a; .reg .b32 %t, %v, %w; .reg .pred %p;
        ld.param.u64 %out, [out]; mov.u32 %t, %tid.x; mul.wide.u32 %a, %t, 4; add.u64 %out, %out, %a;
        setp.lt.u32 %p, %t, 8; mov.u32 %v, 0; @%p call (%v), lanes;
        activemask.b32 %w; sub.u32 %v, %w, %v; st.u32 [%out], %v;",
    );
    let text = format!("{text}.func (.reg .b32 %m) lanes() {{ activemask.b32 %m; ret; }}");
    let mut memory = Memory::default();
    let instance = memory.load(&text);
    let out = memory.upload(&[0u32; 32]);
    memory.run(&Call::new(&instance, "k").with(out)).unwrap();
    let expected = expect(32, |t| if t < 8 { u32::MAX - 0xFF } else { u32::MAX });
    assert_eq!(memory.download::<u32>(out), expected);
}
