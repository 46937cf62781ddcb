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
