//! Text that is refused: with the line, and what is wrong with it.

use super::kernel;
use crate::ptx::Module;

/// The line and message for a whole module.
#[track_caller]
fn refused(text: &str) -> (u32, String) {
    let error = Module::parse(text).map(|_| ()).expect_err(text);
    (error.line, error.message)
}

/// The message for a line of a kernel, which is line 3 of its body.
#[track_caller]
fn refuses(line: &str, message: &str) {
    let text = kernel(
        ".param .u64 p",
        &format!(
            ".reg .b64 %a<5>; .reg .b32 %r<5>; .reg .b16 %h; .reg .pred %q<3>; .reg .f32 %f;\n\n{line}"
        ),
    );
    let (found, error) = refused(&text);
    assert_eq!(error, format!("in `k`: {message}"), "{line}");
    assert_eq!(found, 8, "{line}");
}

/// As [`refuses`], of what is no statement at all.
#[track_caller]
fn is_no_statement(line: &str, message: &str) {
    let (found, error) = refused(&kernel("", &format!("\n\n{line}")));
    assert_eq!((error.as_str(), found), (message, 8), "{line}");
}

#[test]
fn instructions_that_are_not_simulated() {
    for opcode in [
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32",
        "wgmma.fence.sync.aligned",
        "mbarrier.init.shared::cta.b64",
        "frobnicate.f32",
        "add.f33",
        "ld.global.b128",
        "ld.global",
        "atom.global.v2.add.f32",
        "atom.global.frob.u32",
        "barrier.cluster.arrive",
        "shfl.sync.sideways.b32",
        "cp.async.bulk.commit_group",
        "cvta.to.shared.u32",
        "isspacep.texture",
        "mov.v4.u32",
        "bra.sometimes",
        "vote.sync.none.pred",
        "redux.sync.add.f32",
        "match.some.sync.b32",
        "fence.proxy.async",
        "activemask.b64",
        "stacksave.u64",
    ] {
        let message = format!("instruction `{opcode}` is not known or not simulated");
        refuses(&format!("{opcode} %r1, [%a1], %r2;"), &message);
    }
    is_no_statement(
        "tex.2d.v4.f32.f32 {%f, %f, %f, %f}, [texture, {%f, %f}];",
        "`tex.2d.v4.f32.f32`: expected `]`, found `,`",
    );
}

#[test]
fn operands_that_do_not_fit() {
    refuses("add.s32 %r1, %r2;", "`add.s32` has the wrong operands");
    refuses(
        "add.s32 %r1, %r2, %a1;",
        "`add.s32`: register `%a1` is `.b64`, the operand `.s32`",
    );
    refuses(
        "add.s32 %a1, %r2, 1;",
        "`add.s32`: register `%a1` is `.b64`, the operand `.s32`",
    );
    refuses(
        "add.s32 %r1, %q1, 1;",
        "`add.s32`: register `%q1` is `.pred`, the operand `.s32`",
    );
    refuses(
        "add.s32 %r1, %r2, 0f3F800000;",
        "`add.s32`: a constant that is no `.s32`",
    );
    refuses(
        "add.f32 %f, %f, 1;",
        "`add.f32`: a constant that is no `.f32`",
    );
    refuses("mov.u32 %r5, 1;", "`mov.u32`: there is no register `%r5`");
    refuses("mov.u32 %r01, 1;", "`mov.u32`: there is no register `%r01`");
    refuses(
        "mov.u32 %r1, %frob;",
        "`mov.u32`: there is no register `%frob`",
    );
    refuses(
        "mov.u32 %r1, %envreg3;",
        "`mov.u32`: there is no register `%envreg3`",
    );
    refuses(
        "mov.u64 %a1, nothing;",
        "`mov.u64`: there is no variable `nothing`",
    );
    refuses(
        "mov.u64 %a1, k;",
        "`mov.u64`: `k` is a function: addresses of functions are not simulated",
    );
    refuses(
        "mov.b64 {%r1, %r2, %r3}, %a1;",
        "`mov.b64` has the wrong operands",
    );
    refuses("mov.b64 %a1, {%r1};", "`mov.b64` has the wrong operands");
    refuses(
        "ld.global.u32 %r1, %a1;",
        "`ld.global.u32` has the wrong operands",
    );
    refuses(
        "ld.global.u32 %r1, [%h];",
        "`ld.global.u32`: register `%h` can't hold an address",
    );
    refuses(
        "ld.global.u64 %r1, [%a1];",
        "`ld.global.u64`: register `%r1` is `.b32`, the operand `.u64`",
    );
    refuses(
        "ld.global.v2.u32 %r1, [%a1];",
        "`ld.global.v2.u32` has the wrong operands",
    );
    refuses(
        "ld.global.v2.u32 {%r1}, [%a1];",
        "`ld.global.v2.u32` has the wrong operands",
    );
    refuses(
        "ld.global.u32 %r1, [p];",
        "`ld.global.u32`: `p` is not in global memory",
    );
    refuses(
        "ld.global.u32 %r1, [q];",
        "`ld.global.u32`: there is no variable `q`",
    );
    refuses(
        "ld.global.u32 %r1, [%a1+4294967296];",
        "`ld.global.u32`: the offset is too far",
    );
    refuses(
        "st.param.u64 [p], 1;",
        "`st.param.u64`: param memory can't be written",
    );
    refuses(
        "st.const.u64 [%a1], 1;",
        "`st.const.u64`: const memory can't be written",
    );
    refuses(
        "setp.lt.s32 %r1, %r2, 1;",
        "`setp.lt.s32`: register `%r1` is `.b32`, the operand `.pred`",
    );
    refuses(
        "setp.lt.s32 %q1|%r1, %r2, 1;",
        "`setp.lt.s32`: there is no predicate `%r1`",
    );
    refuses(
        "setp.lt.and.s32 %q1, %r2, 1;",
        "`setp.lt.and.s32` has the wrong operands",
    );
    refuses(
        "atom.global.cas.b32 %r1, [%a1], 1;",
        "`atom.global.cas.b32` has the wrong operands",
    );
    refuses("bar.sync;", "`bar.sync` has the wrong operands");
    refuses("ret 1;", "`ret` has the wrong operands");
    refuses("@%r1 ret;", "there is no predicate `%r1`");
}

#[test]
fn labels_and_calls_that_lead_nowhere() {
    refuses("bra nowhere;", "`bra`: there is no label `nowhere`");
    refuses("bra 5;", "`bra` has the wrong operands");
    refuses(
        "brx.idx %r1, nowhere;",
        "`brx.idx`: there are no `.branchtargets` at `nowhere`",
    );
    refuses("call nothing;", "there is no function `nothing`");
    refuses(
        "call k, (p);",
        "`k` is a kernel: launches by kernels are not simulated",
    );
    is_no_statement(
        "call (%r1), %a1, (%r2), prototype;",
        "calls through a register, of function pointers and virtual functions, are not simulated",
    );
    let text = |call: &str| {
        format!(
            ".version 7.8 .target sm_70 .address_size 64
            .extern .func (.param .b64 r) malloc(.param .b64 n);
            .extern .func (.param .b64 r) unknown(.param .b64 n); .func f(.param .b64 x) {{ ret; }}
            .entry k() {{ .reg .b32 %r; .param .b64 a; .param .b64 b; .param .b32 c; {call} }}"
        )
    };
    for (call, message) in [
        (
            "call (b), malloc, (a);",
            "call of `malloc`: allocation by kernels is not simulated",
        ),
        (
            "call (b), unknown, (a);",
            "call of `unknown`: it is declared, but defined nowhere",
        ),
        ("call f;", "call of `f` with the wrong arguments"),
        (
            "call f, (%r);",
            "call of `f`: register `%r` is `.b32`, the operand `.b64`",
        ),
        (
            "call f, (c);",
            "call of `f`: `c` is smaller than the parameter",
        ),
        (
            "{ bra inner; } { inner: }",
            "`bra`: there is no label `inner`",
        ),
    ] {
        assert_eq!(refused(&text(call)).1, format!("in `k`: {message}"));
    }
}

#[test]
fn what_is_no_module() {
    for (text, line, message) in [
        ("", 1, "a module begins with `.version`"),
        ("hello", 1, "a module begins with `.version`"),
        (
            ".version 7.8\n.address_size 32",
            2,
            "only 64-bit addresses are simulated",
        ),
        (".version 7.8\n/* forever", 2, "a comment without an end"),
        (
            ".version 7.8\n.file 1 \"forever",
            2,
            "a string without an end",
        ),
        (
            ".version 7.8\n.visible",
            2,
            "expected a declaration, found the end of the text",
        ),
        (".version 7.8\n\u{e9}", 2, "unexpected character `\u{e9}`"),
        (
            ".version 7.8\n.entry k(",
            2,
            "expected `.param`, found the end of the text",
        ),
        (
            ".version 7.8\n.entry k() {",
            2,
            "expected an instruction, found the end of the text",
        ),
        (
            ".version 7.8\n.entry k() {} .entry k() {}",
            2,
            "`k` is defined twice",
        ),
        (
            ".version 7.8\n.entry k() .explicitcluster {}",
            2,
            "`.explicitcluster`: clusters are not simulated",
        ),
        (
            ".version 7.8\n.entry k(.reg .u32 x) {}",
            2,
            "a kernel's parameters are `.param`",
        ),
        (
            ".version 7.8\n.entry k(.param .b8 x[99999]) {}",
            2,
            "the parameters are too large",
        ),
        (
            ".version 7.8\n.global .texref t;",
            2,
            "`.texref` is no type for a variable",
        ),
        (
            ".version 7.8\n.global .u32 a; .global .u32 a;",
            2,
            "`a` is defined twice",
        ),
        (
            ".version 7.8\n.local .u32 a;",
            2,
            "`.local` variables stand in functions",
        ),
        (
            ".version 7.8\n.global .align 3 .u32 a;",
            2,
            "`3` is no alignment",
        ),
        (
            ".version 7.8\n.global .u32 a[9999999999999];",
            2,
            "an array is larger than any memory",
        ),
        (
            ".version 7.8\n.global .u32 a[1 / 0];",
            2,
            "a constant is divided by zero",
        ),
        (
            ".version 7.8\n.global .u32 a = 12ab;",
            2,
            "`12ab` is no number",
        ),
        (
            ".version 7.8\n.global .u32 a[2] = {1, 2, 3};",
            2,
            "value of `a`: more elements than the array has",
        ),
        (
            ".version 7.8\n.global .u32 a = 1.5;",
            2,
            "value of `a`: of the wrong type",
        ),
        (
            ".version 7.8\n.global .u32 a = b;",
            2,
            "value of `a`: `b` is no global variable",
        ),
        (
            ".version 7.8\n.global .u32 b; .global .u32 a = b;",
            2,
            "value of `a`: an address needs 64 bits",
        ),
        (
            ".version 7.8\n.shared .u32 a = 1;",
            2,
            "`a` can't have a value: its memory is new each time",
        ),
        (
            ".version 7.8\n.shared .u32 a[100000000];",
            2,
            "`a` is larger than any shared memory",
        ),
        (".version 7.8\n.alias a, b;", 2, "`.alias` is not simulated"),
        (
            ".version 7.8\n.entry k() { .reg .u32 r, r; }",
            2,
            "in `k`: `r` is defined twice",
        ),
        (
            ".version 7.8\n.entry k() { l: l: }",
            2,
            "in `k`: `l` is defined twice",
        ),
        (
            ".version 7.8\n.entry k() { .local .b8 l[99999999]; }",
            2,
            "in `k`: `l` is too large",
        ),
        (
            ".version 7.8\n.entry k() { .local .u32 l = 1; }",
            2,
            "in `k`: variables of functions can't begin with a value",
        ),
        (
            ".version 7.8\n.extern .global .u32 e; .entry k() { .reg .u64 r; mov.u64 r, e; }",
            2,
            "in `k`: `mov.u64`: `e` is declared, but defined nowhere",
        ),
    ] {
        assert_eq!(refused(text), (line, message.to_owned()), "{text}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = |open: &str| format!(".version 7.8\n{}", open.repeat(100_000));
    for (text, message) in [
        (
            format!("{}\n.entry k() {}", deep(""), "{".repeat(100_000)),
            "scopes are nested too deeply",
        ),
        (
            format!("{} .global .u32 a = {}", deep(""), "{".repeat(100_000)),
            "braces are nested too deeply",
        ),
        (
            format!("{} .global .u32 a = {}", deep(""), "(".repeat(100_000)),
            "an expression is nested too deeply",
        ),
        (
            format!("{} .global .u32 a = {}", deep(""), "-".repeat(100_000)),
            "an expression is nested too deeply",
        ),
    ] {
        assert_eq!(refused(&text).1, message);
    }
}

#[test]
fn a_large_range_of_registers_costs_nothing() {
    let text = kernel("", ".reg .b32 %r<4000000000>; mov.u32 %r3999999999, 1;");
    let module = Module::parse(&text).unwrap();
    assert_eq!(module.kernels()[0].registers, 1);
}

#[test]
fn what_only_debuggers_read_is_skipped() {
    let text = kernel(
        "",
        ".loc 1 7 3, function_name $L__info_string0, inlined_at 1 9 5\n.pragma \"nounroll\"; // text\n.file 1 \"a b.cu\", 1, 2\n/* .reg */ bra end; end:",
    );
    let text = format!(
        "{text}.section .debug_str {{ $L__info: .b8 102, 0 }}\n.section .debug_loc {{ }}\0"
    );
    assert!(Module::parse(&text).is_ok());
}
