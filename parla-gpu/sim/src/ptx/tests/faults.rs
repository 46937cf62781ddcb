//! Each way in which a kernel can fail, and that the report says where and why.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use super::{Call, Memory, find, kernel};
use crate::ptx::{AccessError, Fault, FaultKind};

/// The fault of a block of so many threads with 400 bytes of memory.
fn fault(threads: u32, body: &str) -> Fault {
    let text = kernel(
        ".param .u64 memory",
        &format!(
            ".reg .b64 %m, %a<5>; .reg .b32 %t, %r<5>; .reg .pred %p<5>; .reg .f32 %f;
            ld.param.u64 %m, [memory]; mov.u32 %t, %tid.x;\n{body}"
        ),
    );
    let mut memory = Memory::default();
    let instance = memory.load(&text);
    let device = memory.allocate(400);
    let ran = memory.run(&Call::new(&instance, "k").of(1, threads).with(device));
    ran.map(|_| ()).expect_err(&text)
}

#[track_caller]
fn reports(body: &str, message: &str) {
    let found = fault(32, body).kind.to_string();
    assert!(found.contains(message), "`{found}` for `{message}`");
}

#[test]
fn a_report_names_kernel_block_thread_line_and_address() {
    let text = include_str!("kernels/basic.ptx");
    let mut memory = Memory::default();
    let instance = memory.load(text);
    let (x, y) = (memory.allocate(4096), memory.allocate(400));
    let call = Call::new(&instance, "saxpy")
        .of(2, 64)
        .with(128u32)
        .with(1f32)
        .with(x)
        .with(y);
    let fault = memory.run(&call).unwrap_err();
    let line = text
        .lines()
        .position(|line| line.contains("ld.global.f32"))
        .unwrap()
        + 1;
    assert_eq!(
        fault.to_string(),
        format!(
            "kernel `saxpy`, block (1,0,0), thread (36,0,0), line {line}: global load of 4 bytes at \
             {:#x} reaches past the end of an allocation of 400 bytes",
            y + 400
        )
    );
}

#[test]
fn memory_that_is_not_there() {
    reports(
        "st.global.u32 [%m+412], %t;",
        "global store of 4 bytes at 0x10000019c is 12 bytes past the end of an allocation of 400 bytes",
    );
    reports(
        "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%m+400];",
        "global load of 16 bytes",
    );
    reports(
        "atom.global.add.u32 %r1, [%m+400], 1;",
        "global atomic of 4 bytes",
    );
    reports(
        "ld.u8 %r1, [0];",
        "global load of 1 byte at 0x0 is in no allocation",
    );
    reports(
        "mov.u64 %a1, 0xFFFFFFFFFFFFFFF8; ld.u64 %a1, [%a1];",
        "is in no allocation",
    );
    reports(
        "mov.u64 %a1, 0xFFFFFFFFFFFFFFFF; ld.u8 %r1, [%a1];",
        "is in no allocation",
    );
    reports(
        "mov.u64 %a1, 0xF000000000000000; st.u64 [%a1], 1;",
        "is in no allocation",
    );
    reports(
        ".shared .align 16 .u32 s[2]; ld.shared.u32 %r1, [s+128];",
        "of shared memory",
    );
    reports("ld.shared.u32 %r1, [4294967292];", "of shared memory");
    reports(
        ".local .u32 l[4]; st.local.u32 [l+16], 1;",
        "local store of 4 bytes at 0x10 is 0 bytes past the end of the 16 bytes of local memory",
    );
    reports(
        ".local .u32 l[4]; st.local.u32 [l+-4], 1;",
        "local store of 4 bytes at 0xfffffffffffffffc",
    );
    reports("ld.param.u32 %r1, [memory+8];", "of param memory");
    reports(
        "cvta.param.u64 %a1, memory; st.u32 [%a1], 1;",
        "param store of 4 bytes",
    );
    // Global memory is no shared memory, even if a generic access would find it.
    reports("ld.shared.u32 %r1, [%m];", "shared load");
    reports(
        ".shared .u32 s; cvta.shared.u64 %a1, s; ld.global.u32 %r1, [%a1];",
        "global load",
    );
}

#[test]
fn an_access_across_the_end_of_known_memory() {
    let body = ".reg .b64 %m; .reg .b32 %r; ld.param.u64 %m, [m]; ld.global.u32 %r, [%m]; ld.global.u32 %r, [%m+400];";
    let mut memory = Memory::default();
    let instance = memory.load(&kernel(".param .u64 m", body));
    let device = memory.allocate(402);
    let fault = memory
        .run(&Call::new(&instance, "k").with(device))
        .unwrap_err();
    assert!(
        fault
            .to_string()
            .ends_with("reaches past the end of an allocation of 402 bytes"),
        "{fault}"
    );
}

#[test]
fn what_the_driver_says_is_kept() {
    struct Freed;
    impl crate::ptx::AddressSpace for Freed {
        fn resolve(&self, _: u64, _: usize) -> Result<crate::ptx::Window, AccessError> {
            Err(AccessError::Freed { allocation: 64 })
        }
    }
    let text = kernel("", ".reg .b64 %a; mov.u64 %a, 4096; st.global.u8 [%a], 1;");
    let instance = Memory::default().load(&text);
    let fault = crate::ptx::Launch {
        instance: &instance,
        kernel: find(&instance, "k"),
        grid: [1; 3],
        block: [1; 3],
        dynamic_shared_bytes: 0,
        parameters: &[],
        space: &Freed,
        workers: 1,
        cancel: &AtomicBool::new(false),
        step_limit: None,
        print: &|_| {},
        grid_id: 1,
    }
    .run()
    .unwrap_err();
    let expected =
        "global store of 1 byte at 0x1000 is in an allocation of 64 bytes that was freed";
    assert_eq!(fault.kind.to_string(), expected);
}

#[test]
fn misaligned_addresses() {
    reports(
        "st.global.u32 [%m+2], 1;",
        "global store of 4 bytes at 0x100000002 is misaligned",
    );
    reports(
        "ld.v2.u32 {%r1, %r2}, [%m+4];",
        "generic load of 8 bytes at 0x100000004 is misaligned",
    );
    reports(
        ".shared .u32 s; ld.shared.u16 %r1, [s+1];",
        "shared load of 2 bytes at 0x1 is misaligned",
    );
}

#[test]
fn ends_on_purpose() {
    assert_eq!(fault(1, "trap;").kind, FaultKind::Trap);
    assert_eq!(fault(1, "brkpt;").kind, FaultKind::Breakpoint);
    // The fault of one thread, though the others end well.
    let found = fault(64, "setp.eq.u32 %p1, %t, 50; @%p1 trap;");
    assert_eq!((found.kind, found.thread), (FaultKind::Trap, [50, 0, 0]));
}

#[test]
fn deadlocks() {
    let half = "setp.lt.u32 %p1, %t, 16;";
    reports(
        &format!("{half} @%p1 bar.sync 1;\n@!%p1 bar.sync 2;"),
        "deadlock: 16 of 32 threads came to barrier 1; thread (16,0,0) waits in line",
    );
    let found = fault(96, "setp.gt.u32 %p2, %t, 31; @%p2 ret; bar.sync 1, 64;");
    assert_eq!(
        found.kind.to_string(),
        "deadlock: 32 of 64 threads came to barrier 1; 64 threads have exited"
    );
    reports(
        &format!("{half} @%p1 bar.sync 0; shfl.sync.idx.b32 %r1, %t, 0, 31, -1;"),
        "deadlock: 16 of 32 threads came to barrier 0",
    );
    reports(
        &format!("{half} @%p1 bar.warp.sync -1;\n@!%p1 bar.warp.sync 0xFFFF0001; "),
        "deadlock: this thread waits for lanes 0xffffffff of its warp; thread (16,0,0) waits in line",
    );
    reports(
        &format!(
            "{half} @%p1 bra low; bar.warp.sync -1; ret; low: activemask.b32 %r1; bar.sync 0;"
        ),
        "deadlock",
    );
}

#[test]
fn lanes_that_do_different_things_together() {
    let half = "setp.lt.u32 %p1, %t, 16;";
    for (one, other) in [
        (
            "vote.sync.any.pred %p2, %p1, -1;",
            "vote.sync.all.pred %p2, %p1, -1;",
        ),
        ("vote.sync.any.pred %p2, %p1, -1;", "bar.warp.sync -1;"),
        (
            "shfl.sync.up.b32 %r1, %t, 1, 0, -1;",
            "shfl.sync.down.b32 %r1, %t, 1, 31, -1;",
        ),
    ] {
        reports(
            &format!("{half} @%p1 bra one; {other} ret; one: {one}"),
            "deadlock: this thread waits for lanes 0xffffffff of its warp",
        );
    }
}

#[test]
fn operands_that_make_no_sense() {
    reports(
        "shfl.sync.idx.b32 %r1, %t, 0, 31, 6;",
        "lane 0 is not among the lanes 0x6 that it names",
    );
    reports("bar.sync 16;", "barrier 16: there are 16");
    reports(
        "bar.sync 1, 33;",
        "barrier 1 for 33 threads: of a block of 32, in whole warps of 32",
    );
    reports("bar.sync 1, 64;", "barrier 1 for 64 threads");
    let found = fault(
        64,
        "setp.lt.u32 %p1, %t, 32; @%p1 bar.sync 0; @!%p1 bar.sync 0, 32;",
    );
    assert_eq!(
        found.kind.to_string(),
        "barrier 0 for 32 threads, where others wait for 64"
    );
}

#[test]
fn a_stack_without_end() {
    let text = |local: &str| {
        format!(
            ".version 7.8 .target sm_70 .address_size 64
            .func f() {{ {local} call f; ret; }} .entry k() {{ call f; ret; }}"
        )
    };
    for (local, message) in [
        ("", "more than 1024 calls within calls"),
        (
            ".local .u64 l[200];",
            "more than 524288 bytes of local memory",
        ),
    ] {
        let memory = &mut Memory::default();
        let instance = memory.load(&text(local));
        let fault = memory.run(&Call::new(&instance, "k")).unwrap_err();
        assert_eq!(fault.kind, FaultKind::StackOverflow(message.to_owned()));
    }
}

#[test]
fn kernels_that_never_end_can_be_stopped() {
    for body in [
        "again: bra again;",
        "again: bar.sync 0; bra again;",
        "again: vote.sync.any.pred %p1, %p1, -1; bra again;",
        "again: activemask.b32 %r1; bra again;",
        "again: nanosleep.u32 1; bra again;",
    ] {
        let memory = &mut Memory::default();
        let instance = memory.load(&kernel(
            "",
            &format!(".reg .pred %p1; .reg .b32 %r1;\n{body}"),
        ));
        let mut call = Call::new(&instance, "k").of(100, 64);
        call.step_limit = Some(1 << 20);
        assert_eq!(
            memory.run(&call).unwrap_err().kind,
            FaultKind::StepLimit(1 << 20)
        );
        let cancel = AtomicBool::new(false);
        call.cancel = &cancel;
        call.step_limit = None;
        std::thread::scope(|scope| {
            let running = scope.spawn(|| memory.run(&call));
            cancel.store(true, Ordering::Relaxed);
            assert_eq!(
                running.join().unwrap().unwrap_err().kind,
                FaultKind::Cancelled
            );
        });
    }
}

#[test]
fn functions_that_call_without_end_can_be_stopped() {
    // Two calls each, deeper than anybody can wait for, and not one branch back.
    let text = ".version 7.8 .target sm_70 .address_size 64
        .func f(.reg .u32 n) { .reg .u32 m; .reg .pred p; setp.eq.u32 p, n, 0; @p ret;
        sub.u32 m, n, 1; call f, (m); call f, (m); ret; } .entry k() { call f, (500); ret; }";
    let memory = &mut Memory::default();
    let instance = memory.load(text);
    let mut call = Call::new(&instance, "k").of(1, 1);
    call.step_limit = Some(100_000);
    assert_eq!(
        memory.run(&call).unwrap_err().kind,
        FaultKind::StepLimit(100_000)
    );
}

#[test]
fn a_fault_stops_all_blocks_and_is_the_one_that_is_told() {
    let text = kernel(
        "",
        ".reg .b32 %r; .reg .pred %p; mov.u32 %r, %ctaid.x; setp.eq.u32 %p, %r, 7; @%p trap; again: bra again;",
    );
    for _ in 0..5 {
        let memory = &mut Memory::default();
        let instance = memory.load(&text);
        let mut call = Call::new(&instance, "k").of(1000, 32);
        // As many as there are blocks up to the one with the fault: the others never end.
        call.workers = 8;
        call.step_limit = None;
        let fault = memory.run(&call).unwrap_err();
        assert_eq!((fault.kind, fault.block), (FaultKind::Trap, [7, 0, 0]));
    }
}
