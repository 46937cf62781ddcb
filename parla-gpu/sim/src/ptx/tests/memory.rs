//! Loads, stores, atomics and addresses, instruction by instruction.

use super::{Call, Memory, find, kernel};
use crate::ptx::{Fault, FaultKind};

/// What a kernel of one thread writes to its one parameter, as so many `u64`s.
fn written(body: &str, values: usize) -> Vec<u64> {
    written_by(&kernel(".param .u64 out", body), values)
}

fn written_by(text: &str, values: usize) -> Vec<u64> {
    let mut memory = Memory::default();
    let instance = memory.load(text);
    let out = memory.upload(&vec![0u64; values]);
    let call = Call::new(&instance, "k").of(1, 1).with(out);
    memory
        .run(&call)
        .unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    memory.download(out)
}

const OUT: &str = ".reg .b64 %out, %a<9>; .reg .b32 %r<9>; .reg .b16 %h<9>; .reg .pred %p<9>;
    ld.param.u64 %out, [out];";

#[test]
fn narrow_loads_extend_to_the_register() {
    let found = written(
        &format!(
            "{OUT} mov.u64 %a0, 0x80F1; st.u64 [%out], %a0;
            ld.global.u8 %h0, [%out];   st.global.u16 [%out+8], %h0;
            ld.global.s8 %h1, [%out];   st.global.u16 [%out+16], %h1;
            ld.global.s8 %r1, [%out+1]; st.global.u32 [%out+24], %r1;
            ld.s16 %a1, [%out];         st.u64 [%out+32], %a1;
            ld.global.u16 %a2, [%out];  st.u64 [%out+40], %a2;
            ld.volatile.global.s32 %a3, [%out]; st.u64 [%out+48], %a3;"
        ),
        7,
    );
    let signed = |value: i64| value.cast_unsigned();
    assert_eq!(found[1], 0xF1);
    assert_eq!(found[2], 0xFFF1);
    assert_eq!(found[3], 0xFFFF_FF80);
    assert_eq!(found[4], signed(-0x7F0F));
    assert_eq!(found[5..], [0x80F1, 0x80F1]);
}

#[test]
fn a_vector_may_go_over_its_own_address() {
    let text = format!(
        "{OUT} st.v2.u64 [%out], {{7, 8}}; mov.u64 %a1, %out; ld.global.v2.u64 {{%a1, %a2}}, [%a1];
        mov.u32 %r1, 9; st.global.v4.u32 [%out+16], {{%r1, 1, _ptr, 2}};"
    );
    let text = text.replace("_ptr", "3");
    let found = written(&format!("{text} st.v2.b64 [%out], {{%a2, %a1}};"), 4);
    assert_eq!(found, [8, 7, 9 | 1 << 32, 3 | 2 << 32]);
}

#[test]
fn every_way_to_qualify_an_access() {
    for qualified in [
        "weak.global",
        "relaxed.gpu.global",
        "acquire.sys.global",
        "volatile.global",
        "global.ca",
        "global.cg",
        "global.cs",
        "global.lu",
        "global.cv",
        "global.nc",
        "global.L1::evict_last",
        "global.nc.L1::no_allocate.L2::128B",
        "relaxed.cta",
        "acquire.gpu",
        "global.L2::cache_hint",
    ] {
        let hint = if qualified.ends_with("hint") {
            ", %a5"
        } else {
            ""
        };
        let found = written(
            &format!(
                "{OUT} st.u64 [%out], 5; ld.{qualified}.u64 %a1, [%out]{hint}; st.u64 [%out+8], %a1;"
            ),
            2,
        );
        assert_eq!(found, [5, 5], "{qualified}");
    }
    for qualified in [
        "weak.global",
        "relaxed.sys.global",
        "release.gpu.global",
        "global.wb",
        "global.wt",
        "release.cta",
    ] {
        let found = written(&format!("{OUT} st.{qualified}.u64 [%out], 6;"), 1);
        assert_eq!(found, [6], "{qualified}");
    }
}

#[test]
fn vectors_of_registers() {
    let found = written(
        &format!(
            "{OUT} mov.u64 %a0, 0x1122334455667788;
            mov.b64 {{%r0, %r1}}, %a0; mov.b64 %a1, {{%r1, %r0}}; st.u64 [%out], %a1;
            mov.b64 {{%h0, %h1, %h2, %h3}}, %a0; mov.b64 %a2, {{%h3, %h2, %h1, %h0}}; st.u64 [%out+8], %a2;
            mov.b32 {{_, %h4}}, %r0; mov.b32 %r2, {{%h4, %h4}}; st.u32 [%out+16], %r2;"
        ),
        3,
    );
    assert_eq!(
        found,
        [0x5566_7788_1122_3344, 0x7788_5566_3344_1122, 0x5566_5566]
    );
}

#[test]
fn parameters() {
    let text = kernel(
        ".param .u64 out, .param .b8 small, .param .align 8 .b8 structure[24], .param .f32 last",
        &format!(
            "{OUT} ld.param.u8 %r0, [small]; st.u32 [%out], %r0;
            ld.param.v2.u32 {{%r1, %r2}}, [structure+8]; st.v2.u32 [%out+8], {{%r2, %r1}};
            mov.u64 %a0, structure; ld.param.u32 %r3, [%a0+16]; st.u32 [%out+16], %r3;
            cvta.param.u64 %a1, %a0; ld.u32 %r4, [%a1+20]; st.u32 [%out+20], %r4;
            isspacep.param %p1, %a1; selp.u64 %a2, 1, 0, %p1; st.u64 [%out+24], %a2;
            ld.param.b32 %r5, [last]; st.b32 [%out+32], %r5;"
        ),
    );
    let mut memory = Memory::default();
    let instance = memory.load(&text);
    let parameters = &find(&instance, "k").parameters;
    let places: Vec<_> = parameters.iter().map(|p| (p.offset, p.bytes)).collect();
    assert_eq!(places, [(0, 8), (8, 1), (16, 24), (40, 4)]);
    let out = memory.upload(&[0u64; 5]);
    let mut call = Call::new(&instance, "k").of(1, 1).with(out).with(200u8);
    call.arguments
        .push((0..6u32).flat_map(u32::to_le_bytes).collect());
    memory.run(&call.with(1.5f32)).unwrap();
    let found = memory.download::<u64>(out);
    assert_eq!(
        found,
        [
            200,
            3 | 2 << 32,
            4 | 5 << 32,
            1,
            u64::from(1.5f32.to_bits())
        ]
    );
}

#[test]
fn each_memory_has_its_generic_addresses() {
    let text = format!(
        ".version 7.8 .target sm_70 .address_size 64
        .const .u32 c = 11; .global .u32 g = 22; .shared .u32 s;
        .entry k(.param .u64 out) {{ {OUT} .local .align 8 .u32 l[2];
        mov.u64 %a1, c; cvta.const.u64 %a1, %a1; ld.u32 %r1, [%a1]; st.u32 [%out], %r1;
        ld.const.u32 %r1, [c]; st.u32 [%out+4], %r1;
        cvta.global.u64 %a2, g; ld.u32 %r2, [%a2]; st.u32 [%out+8], %r2;
        mov.u64 %a3, s; cvta.shared.u64 %a3, %a3; st.u32 [%a3], 33; ld.shared.u32 %r3, [s]; st.u32 [%out+16], %r3;
        cvta.to.shared.u64 %a5, %a3; ld.shared.u32 %r4, [%a5]; st.u32 [%out+20], %r4;
        cvta.local.u64 %a4, l; st.u32 [%a4+4], 44; ld.local.u32 %r5, [l+4]; st.u32 [%out+24], %r5;
        cvta.to.local.u64 %a6, %a4; ld.local.u32 %r6, [%a6+4]; st.u32 [%out+28], %r6;
        mov.u32 %r7, 0;
        {tests} st.u32 [%out+32], %r7; ret; }}",
        tests = [("const", 1), ("global", 2), ("shared", 3), ("local", 4)]
            .iter()
            .flat_map(|(space, _)| (1..=4).map(move |address| format!(
                "isspacep.{space} %p1, %a{address}; shl.b32 %r7, %r7, 1; @%p1 or.b32 %r7, %r7, 1;\n"
            )))
            .collect::<String>(),
    );
    let found = written_by(&text, 5);
    assert_eq!(
        found[..4],
        [11 | 11 << 32, 22, 33 | 33 << 32, 44 | 44 << 32]
    );
    assert_eq!(found[4], 0b1000_0100_0010_0001);
}

#[test]
fn contents_of_variables() {
    let text = format!(
        ".version 7.8 .target sm_70 .address_size 64
        .global .align 8 .u16 matrix[2][3] = {{ {{1, 2}}, {{4, 5, 6}} }};
        .global .v2 .f32 pair[2] = {{ 0f3F800000, 2.0, -0d4008000000000000, 0f40800000 }};
        .global .s8 bytes[] ;
        .extern .global .u64 later;
        .global .u64 link[2] = {{ later, generic(matrix) + (1 << 2) * 2 }};
        .global .u64 later = 0x10 | 1;
        .entry k(.param .u64 out) {{ {OUT}
        ld.global.u64 %a1, [matrix]; st.u64 [%out], %a1; ld.global.u32 %r1, [matrix+8]; st.u32 [%out+8], %r1;
        ld.global.u64 %a2, [pair]; st.u64 [%out+16], %a2;  ld.global.u64 %a2, [pair+8]; st.u64 [%out+24], %a2;
        ld.global.u64 %a3, [link]; ld.global.u64 %a4, [%a3]; st.u64 [%out+32], %a4;
        ld.global.u64 %a5, [link+8]; ld.global.u32 %r2, [%a5]; st.u32 [%out+40], %r2; ret; }}"
    )
    .replace("pair[2] = { 0f3F800000, 2.0, -0d4008000000000000, 0f40800000 }", "pair[2] = { 0f3F800000, 2.0 }");
    let found = written_by(&text, 6);
    assert_eq!(found[..2], [1 | 2 << 16 | 4 << 48, 5 | 6 << 16]);
    assert_eq!(found[4..], [0x11, 5 | 6 << 16]);
}

#[test]
fn atomics() {
    let found = written(
        &format!(
            "{OUT} .shared .align 8 .u64 s; .local .align 8 .u32 l; mov.u64 %a0, 10; st.u64 [%out], %a0;
            atom.global.add.u64 %a1, [%out], 5;        st.u64 [%out+8], %a1;
            atom.relaxed.gpu.global.cas.b64 %a2, [%out], 15, 77; st.u64 [%out+16], %a2;
            atom.cas.b64 %a3, [%out], 15, 99;          st.u64 [%out+24], %a3;
            red.global.max.s64 [%out], 78;
            st.shared.u64 [s], 3; atom.shared.exch.b64 %a4, [s], 4; red.shared::cta.add.u64 [s], 100;
            ld.shared.u64 %a5, [s]; add.u64 %a5, %a5, %a4; st.u64 [%out+32], %a5;
            mov.u16 %h1, 7; mov.u16 %h2, 9; st.u16 [%out+40], %h1;
            atom.global.cas.b16 %h3, [%out+40], %h1, %h2; st.u16 [%out+48], %h3;
            st.local.u32 [l], 6; cvta.local.u64 %a6, l; atom.add.u32 %r1, [%a6], 1; ld.local.u32 %r2, [l];
            st.v2.u32 [%out+56], {{%r1, %r2}};
            atom.global.add.u32 _, [%out+64], 3;"
        ),
        9,
    );
    assert_eq!(found, [78, 10, 15, 77, 107, 9, 7, 6 | 7 << 32, 3]);
}

#[test]
fn atomics_with_order_and_scope_behind_the_operation() {
    let found = written(
        &format!(
            "{OUT} mov.u64 %a0, 3; st.u64 [%out], %a0;
            atom.add.relaxed.gpu.u64 %a1, [%out], 5;     st.u64 [%out+8], %a1;
            atom.cas.acquire.cta.b64 %a2, [%out], 8, 20; st.u64 [%out+16], %a2;
            atom.exch.acq_rel.sys.b64 %a3, [%out], 40;   st.u64 [%out+24], %a3;
            atom.max.release.gpu.s64 %a4, [%out], 41;    st.u64 [%out+32], %a4;
            atom.and.gpu.b64 %a5, [%out], 9;             st.u64 [%out+40], %a5;"
        ),
        6,
    );
    assert_eq!(found, [9, 3, 8, 20, 40, 41]);
}

#[test]
fn asynchronous_copies() {
    let text = format!(
        "{OUT} .shared .align 16 .b8 s[32]; st.v2.u64 [%out], {{1, 2}};
        mov.u32 %r1, s; mov.u32 %r2, 4; add.u64 %a1, %out, 16;
        cp.async.cg.shared.global.L2::128B [%r1], [%out], 16;
        cp.async.ca.shared.global [%r1+16], [%out], 8, %r2;
        cp.async.commit_group; cp.async.wait_group 0;
        ld.shared.v2.u64 {{%a2, %a3}}, [s]; st.v2.u64 [%a1], {{%a3, %a2}};
        ld.shared.u64 %a4, [s+16]; st.u64 [%out+32], %a4;"
    );
    assert_eq!(written(&text, 5), [1, 2, 2, 1, 1]);
}

#[test]
fn special_registers() {
    let names = [
        "%tid.x",
        "%tid.y",
        "%tid.z",
        "%ntid.x",
        "%ntid.y",
        "%ntid.z",
        "%ctaid.x",
        "%ctaid.y",
        "%ctaid.z",
        "%nctaid.x",
        "%nctaid.y",
        "%nctaid.z",
        "%laneid",
        "%warpid",
        "%nwarpid",
        "%lanemask_eq",
        "%lanemask_lt",
        "%lanemask_le",
        "%lanemask_gt",
        "%lanemask_ge",
        "%dynamic_smem_size",
        "WARP_SZ",
    ];
    let stores: String = names
        .iter()
        .zip((0..).step_by(4))
        .map(|(name, offset)| format!("mov.u32 %r1, {name}; st.u32 [%out+{offset}], %r1;\n"))
        .collect();
    // The last thread of the last block.
    let text = kernel(
        ".param .u64 out",
        &format!(
            "{OUT} mov.u32 %r1, %ctaid.x; setp.ne.u32 %p1, %r1, 1; mov.u32 %r1, %tid.z; mov.u32 %r2, %tid.y;
            setp.ne.or.u32 %p1, %r1, 2, %p1; setp.ne.or.u32 %p1, %r2, 4, %p1; mov.u32 %r2, %tid.x;
            setp.ne.or.u32 %p1, %r2, 2, %p1; @%p1 ret;
            {stores} mov.u64 %a1, %clock64; mov.u64 %a2, %clock64; sub.u64 %a1, %a2, %a1;
            mov.u64 %a3, %globaltimer; setp.gt.u64 %p2, %a3, 1000; selp.u64 %a1, %a1, 0, %p2; st.u64 [%out+88], %a1;"
        ),
    );
    let mut memory = Memory::default();
    let instance = memory.load(&text);
    let out = memory.upload(&[0u32; 24]);
    let mut call = Call::new(&instance, "k").with(out);
    call.grid = [2, 1, 1];
    call.block = [3, 5, 3];
    call.dynamic_shared_bytes = 40;
    memory.run(&call).unwrap();
    // Thread 44 of 45: lane 12 of the second warp.
    let lanes = [1 << 12, 0xFFF, 0x1FFF, !0x1FFF, !0xFFF];
    let expected = [
        &[2, 4, 2, 3, 5, 3, 1, 0, 0, 2, 1, 1, 12, 1, 2],
        &lanes[..],
        &[40, 32, 1, 0],
    ]
    .concat();
    assert_eq!(memory.download::<u32>(out), expected);
}

#[test]
fn branches_by_index_and_scopes_with_the_same_labels() {
    let body = |index: u32| {
        format!(
            "{OUT} mov.u32 %r1, {index}; mov.u64 %a1, 0;
            targets: .branchtargets zero, one, one;
            brx.idx %r1, targets;
            zero: {{ .reg .b64 %a1; mov.u64 %a1, 1; st.u64 [%out+8], %a1; bra after; after: }}
            {{ add.u64 %a1, %a1, 10; bra.uni after; add.u64 %a1, %a1, 1000; after: }}
            one: add.u64 %a1, %a1, 5; st.u64 [%out], %a1;"
        )
    };
    assert_eq!(written(&body(0), 2), [15, 1]);
    assert_eq!(written(&body(2), 2), [5, 0]);
    let mut memory = Memory::default();
    let instance = memory.load(&kernel(".param .u64 out", &body(3)));
    let out = memory.upload(&[0u64; 2]);
    let Fault { kind, .. } = memory
        .run(&Call::new(&instance, "k").with(out))
        .unwrap_err();
    let expected = "`brx.idx` with index 3 of 3 targets".to_owned();
    assert_eq!(kind, FaultKind::InvalidOperand(expected));
}

#[test]
fn functions_with_registers_and_memory_as_parameters() {
    let text = format!(
        ".version 7.8 .target sm_70 .address_size 64
        .func (.reg .u32 %sum, .param .b64 big) both(.reg .u32 %x, .param .align 8 .b8 pair[16], .param .b32 y);
        .func (.reg .u32 %sum, .param .b64 big) both(.reg .u32 %x, .param .align 8 .b8 pair[16], .param .b32 y)
        {{ .reg .b32 %r<3>; .reg .b64 %a<4>; ld.param.u32 %r1, [y]; add.u32 %sum, %x, %r1; mov.u64 %a3, pair;
           ld.param.u64 %a1, [pair]; ld.param.u64 %a2, [%a3+8]; mul.lo.u64 %a1, %a1, %a2; st.param.b64 [big], %a1; ret; }}
        .func nothing() {{ ret; }}
        .entry k(.param .u64 out) {{ {OUT}
        .param .align 8 .b8 p[16]; .param .b64 q; mov.u32 %r1, 30; st.param.v2.b64 [p], {{6, 7}};
        call (%r2, q), both, (%r1, p, 12); ld.param.u64 %a1, [q+0]; st.u64 [%out], %a1; st.u32 [%out+8], %r2;
        setp.eq.u32 %p1, %r1, 31; @%p1 call (%r2, q), both, (1, p, 1); st.u32 [%out+16], %r2; call nothing; ret; }}"
    );
    assert_eq!(written_by(&text, 3), [42, 42, 42]);
}

#[test]
fn predicates() {
    let found = written(
        &format!(
            "{OUT} mov.u32 %r1, 5; setp.lt.s32 %p1|%p2, %r1, 6; mov.pred %p3, 0; mov.pred %p4, -1;
            @%p1 st.u8 [%out], 1; @!%p1 st.u8 [%out+1], 1; @%p2 st.u8 [%out+2], 1; @!%p2 st.u8 [%out+3], 1;
            setp.eq.and.u32 %p5|%p6, %r1, 5, !%p3; @%p5 st.u8 [%out+4], 1; @%p6 st.u8 [%out+5], 1;
            @%p4 bra end; st.u8 [%out+6], 1; end: set.lt.u32.s32 %r2, %r1, 6; st.u32 [%out+8], %r2;
            add.cc.u32 %r3, 0xFFFFFFFF, 2; addc.u32 %r4, 0, 0; st.v2.u32 [%out+16], {{%r3, %r4}};"
        ),
        3,
    );
    assert_eq!(found, [0x01_0100_0001, 0xFFFF_FFFF, 1 | 1 << 32]);
}

#[test]
fn narrow_conversions_extend_to_the_register() {
    let found = written(
        &format!(
            "{OUT} mov.u32 %r1, 0x12F0; cvt.s8.s32 %r2, %r1; st.u32 [%out], %r2;
            cvt.u8.u32 %r2, %r1; st.u32 [%out+4], %r2; cvt.s8.s32 %h1, %r1; st.u16 [%out+8], %h1;
            mov.u32 %r3, 0x8000; cvt.s16.s32 %a1, %r3; st.u64 [%out+16], %a1;
            mov.u32 %r4, 0x80000000; cvt.s32.s32 %a2, %r4; st.u64 [%out+24], %a2;
            cvt.s8.s32 %a3, %r1; st.u64 [%out+32], %a3; cvt.s16.s32 %r5, %r3; st.u32 [%out+40], %r5;"
        ),
        6,
    );
    let expected = [-16, -0x8000, -0x8000_0000, -16].map(i64::cast_unsigned);
    assert_eq!(found[..2], [0xF0_FFFF_FFF0, 0xFFF0]);
    assert_eq!(found[2..5], expected[1..]);
    assert_eq!(found[5], 0xFFFF_8000);
}

#[test]
fn memory_that_nobody_wrote_is_not_zero() {
    let found = written(
        &format!(
            "{OUT} .shared .align 8 .u64 s; .local .align 8 .u64 l;
            ld.shared.u64 %a1, [s]; ld.local.u64 %a2, [l]; st.v2.u64 [%out], {{%a1, %a2}};"
        ),
        2,
    );
    assert_eq!(found, [0xA5A5_A5A5_A5A5_A5A5; 2]);
}

#[test]
fn calls_give_their_local_memory_back() {
    let text = format!(
        ".version 7.8 .target sm_70 .address_size 64
        .func f() {{ .local .u64 l[256]; st.local.u64 [l+2040], 1; ret; }}
        .entry k(.param .u64 out) {{ {OUT} mov.u32 %r1, 0;
        again: call f; add.u32 %r1, %r1, 1; setp.lt.u32 %p1, %r1, 1000; @%p1 bra again; st.u32 [%out], %r1; ret; }}"
    );
    assert_eq!(written_by(&text, 1), [1000]);
}

#[test]
fn constant_expressions() {
    let found = written(
        &format!(
            "{OUT} mov.u64 %a1, 10 - 2 * 3; st.u64 [%out], %a1; mov.u64 %a1, 1 << 4 | 6 & ~2 ^ 1; st.u64 [%out+2*4], %a1;
            mov.u64 %a1, -(7 / 2) % 2 - 0x10; st.u64 [%out+8+8], %a1; mov.u64 %a1, 020 + 0b11 + 5U; st.u64 [%out + 24], %a1;
            add.u64 %a2, %out, 64; ld.u64 %a3, [%a2+-64]; st.u64 [%a2-32], %a3; mov.u64 %a1, (256 >> 3) - 1; st.u64 [%out+40], %a1;
            mov.f64 %a1, 2.5e-1; st.f64 [%out+48], %a1; mov.f32 %r1, -0f3F800000; st.f32 [%out+56], %r1;"
        ),
        8,
    );
    assert_eq!(found[..2], [4, 16 | 5]);
    assert_eq!(found[2].cast_signed(), -17);
    assert_eq!(found[3..6], [16 + 3 + 5, 4, 31]);
    assert_eq!(
        found[6..],
        [0.25f64.to_bits(), u64::from((-1f32).to_bits())]
    );
}

#[test]
fn registers_hold_no_more_than_their_width() {
    // Sign-extended to 32 bits, an address is not sign-extended to 64.
    let found = written(
        &format!(
            "{OUT} .shared .u32 s; mov.u32 %r1, 0xFFFF; st.u32 [%out], %r1; ld.global.s16 %r2, [%out];
            cvt.u64.u32 %a1, %r2; st.u64 [%out+8], %a1; mov.b64 %a2, {{%r2, 0}}; st.u64 [%out+16], %a2;
            add.u32 %r3, %r2, 1; st.shared.u32 [%r3], 5; add.s32 %r4, %r2, 5; ld.shared.u32 %r5, [%r4+-4];
            st.u32 [%out+24], %r5;"
        ),
        4,
    );
    assert_eq!(found, [0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 5]);
}
