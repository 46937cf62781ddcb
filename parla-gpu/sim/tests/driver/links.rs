//! Linking texts of PTX.

use crate::cuda::*;
use parla_cuda_sim::{Code, live};

const PTX: u32 = 1;

#[test]
fn texts_are_linked_to_one_image() {
    let _gpu = Gpu::new();
    let one = include_str!("kernels.ptx");
    let two = ".version 6.0\n.target sm_52\n.visible .entry other()\n{\n    ret;\n}\n";
    let link = link();
    ok(add(link, PTX, one));
    ok(add(link, PTX, two));
    let module = load_linked(link).unwrap();
    for name in ["multiples", "other"] {
        function(module, name).unwrap();
    }
    let links = live().links;
    ok(cuLinkDestroy(link));
    assert_eq!(live().links, links - 1);
    assert_eq!(cuLinkDestroy(link), Code::INVALID_HANDLE);
    ok(launch(
        function(module, "other").unwrap(),
        Extent::new(1, 1),
        0,
        &[],
    ));
}

#[test]
fn only_ptx_is_linked() {
    let _gpu = Gpu::new();
    let link = link();
    assert_eq!(add(link, 0, "machine code"), Code::NOT_SUPPORTED);
    assert_eq!(add(link, 99, "nothing"), Code::INVALID_VALUE);
    assert_eq!(
        add(link, PTX, ".version 6.0\n.target sm_52\nnonsense"),
        Code::INVALID_PTX
    );
    assert_eq!(
        load_linked(link),
        Err(Code::INVALID_IMAGE),
        "nothing was added"
    );
    ok(cuLinkDestroy(link));
}

const HEADER: &str = ".version 6.0\n.target sm_52\n.address_size 64\n";

/// A function that others may call, with a variable and a function of its own.
fn doubling() -> String {
    format!(
        "{HEADER}.global .align 4 .u32 own = 2;\n.visible .global .align 4 .u32 offset = 5;\n\
         .func (.param .b32 out) factor()\n{{\n.reg .b32 %r<2>;\n\
         ld.global.u32 %r1, [own];\nst.param.b32 [out], %r1;\nret;\n}}\n\
         .visible .func (.param .b32 out) double(.param .b32 in)\n{{\n.reg .b32 %r<4>;\n\
         ld.param.u32 %r1, [in];\n{{\n.param .b32 own;\ncall.uni (own), factor, ();\n\
         ld.param.b32 %r2, [own];\n}}\nmul.lo.u32 %r3, %r1, %r2;\n\
         st.param.b32 [out], %r3;\nret;\n}}\n"
    )
}

/// A kernel that calls it, with a variable and a function that have the same names as the other's
/// own, and uses the other's variable.
fn calling() -> String {
    format!(
        "{HEADER}.global .align 4 .u32 own = 21;\n.extern .global .align 4 .u32 offset;\n\
         .extern .func (.param .b32 out) double(.param .b32 in);\n\
         .func factor() {{ trap; }}\n\
         .visible .entry call_it(.param .u64 result)\n{{\n.reg .b32 %r<5>;\n.reg .b64 %rd<2>;\n\
         ld.param.u64 %rd1, [result];\nld.global.u32 %r1, [own];\n\
         {{\n.param .b32 in;\n.param .b32 out;\nst.param.b32 [in], %r1;\n\
         call.uni (out), double, (in);\nld.param.b32 %r2, [out];\n}}\n\
         ld.global.u32 %r3, [offset];\nadd.u32 %r4, %r2, %r3;\n\
         st.global.u32 [%rd1], %r4;\nret;\n}}\n"
    )
}

#[test]
fn a_text_uses_what_another_defines_and_its_own_names_stay_its_own() {
    let _gpu = Gpu::new();
    let (defining, using) = (doubling(), calling());
    let other = format!("{HEADER}.global .align 4 .u32 offset = 9;\n");
    for texts in [[&other, &defining, &using], [&using, &defining, &other]] {
        let link = link();
        for text in texts {
            ok(add(link, PTX, text));
        }
        let module = load_linked(link).unwrap();
        ok(cuLinkDestroy(link));
        let result = alloc(4);
        let kernel = function(module, "call_it").unwrap();
        ok(launch(kernel, Extent::new(1, 1), 0, &[result]));
        assert_eq!(read(result, 4), Ok(47_u32.to_le_bytes().to_vec()));
        let (offset, bytes) = global(module, "offset").unwrap();
        assert_eq!(read(offset, bytes), Ok(5_u32.to_le_bytes().to_vec()));
    }
}

#[test]
fn a_link_is_complete_once_every_name_is_defined_once() {
    let _gpu = Gpu::new();
    let link = link();
    ok(add(link, PTX, &calling()));
    assert_eq!(load_linked(link), Err(Code::INVALID_PTX), "no `double`");
    ok(add(link, PTX, &doubling()));
    load_linked(link).unwrap();
    ok(add(link, PTX, &doubling()));
    assert_eq!(load_linked(link), Err(Code::INVALID_PTX), "`double` twice");
    ok(cuLinkDestroy(link));
    // Alone, such a text is no module.
    let (code, log) = load(&calling()).unwrap_err();
    assert_eq!(code, Code::INVALID_PTX);
    assert!(log.contains("defined nowhere"), "{log}");
}
