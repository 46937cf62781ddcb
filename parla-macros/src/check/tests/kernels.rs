//! P0008, and P0010 of what stands in `kernels!`.

use expect_test::{Expect, expect};

use super::{messages, tokens};
use crate::pipeline;

const FOLDER: &str = "src/check/tests/kernels";

/// What is said of `kernels!`, in which `@` is the folder of this file's kernels.
fn kernels(source: &str, expected: Expect) {
    let source = source.replace('@', FOLDER);
    let expansion = pipeline::kernels(tokens(&source));
    // Also with mistakes, nothing but them is wrong.
    let parsed = syn::parse2::<syn::File>(expansion.clone());
    parsed.unwrap_or_else(|error| panic!("{error} in {expansion}"));
    expected.assert_eq(&messages(expansion));
}

/// What is said of a function declared for an entry of these parameters.
fn declared(entry: &str, function: &str, expected: Expect) {
    kernels(
        &format!("mod m = ptx \".visible .entry f({entry}) {{}}\" {{ {function} }}"),
        expected,
    );
}

/// What is said of a function declared for an entry of `vectors.cu`.
fn with_source(function: &str, expected: Expect) {
    kernels(
        &format!("mod m = \"@/vectors.cu\" {{ {function} }}"),
        expected,
    );
}

#[test]
fn ptx_is_of_its_source() {
    kernels(
        "mod a = \"@/vectors.cu\"; mod b = \"@/stale.ptx\" { fn nothing(); }",
        expect![""],
    );
    kernels(
        "mod a = \"@/stale.cu\";",
        expect![[r#"
        - P0008: `src/check/tests/kernels/stale.cu` has changed since its PTX was built

          = help: build it again: `python3 build.py src/check/tests/kernels/stale.cu` (`build.py` is in `kernels/` of the crate `parla-gpu`)
    "#]],
    );
    kernels(
        "mod a = \"@/unsaid.cu\";",
        expect![[r#"
        - P0008: the PTX of `src/check/tests/kernels/unsaid.cu` does not say what it was built from

          = help: build it: `python3 build.py src/check/tests/kernels/unsaid.cu` (`build.py` is in `kernels/` of the crate `parla-gpu`)
          = help: if you build it by other means, add the line `// source: sha256:f76ed5bda6bd0cc35e06d5ff249c6c8d289de69647f2cc41be2379663ac19340`
    "#]],
    );
    kernels(
        "mod a = \"@/unbuilt.cu\";",
        expect![[r#"
        - P0008: there is no file `src/check/tests/kernels/unbuilt.ptx`

          = help: build it: `python3 build.py src/check/tests/kernels/unbuilt.cu` (`build.py` is in `kernels/` of the crate `parla-gpu`)
    "#]],
    );
    kernels(
        "mod a = \"@/nowhere.ptx\" { fn f(); }",
        expect![[r#"
        - P0008: there is no file `src/check/tests/kernels/nowhere.ptx`

          = help: paths begin at the folder of the crate's `Cargo.toml`
    "#]],
    );
    kernels(
        "mod a = \"@/nowhere.cu\";",
        expect![[r#"
        - P0008: there is no file `src/check/tests/kernels/nowhere.cu`

          = help: paths begin at the folder of the crate's `Cargo.toml`
    "#]],
    );
    kernels(
        "mod a = \"@/vectors.cubin\"; mod b = \"@\";",
        expect![[r#"
        - P0008: `src/check/tests/kernels/vectors.cubin` is neither a `.cu` nor a `.ptx`

          = help: name the file with its extension, such as `"kernels/blas.cu"`
        - P0008: `src/check/tests/kernels` is neither a `.cu` nor a `.ptx`

          = help: name the file with its extension, such as `"kernels/blas.cu"`
    "#]],
    );
}

#[test]
fn the_kernels_that_come_along_are_built() {
    for name in ["blas", "cholesky", "gemm", "reduce", "stencil", "transpose"] {
        let source = format!("mod a = \"../parla-gpu/kernels/{name}.cu\";");
        kernels(&source, expect![""]);
    }
}

#[test]
fn types_need_a_source() {
    kernels(
        "mod a = \"@/vectors.ptx\"; mod b = ptx \"\";",
        expect![[r#"
        - P0008: the types of parameters can't be told from PTX alone

          = help: name the `.cu` beside it, or declare the kernels: `mod a = … { pub fn saxpy(…); }`
        - P0008: the types of parameters can't be told from PTX alone

          = help: name the `.cu` beside it, or declare the kernels: `mod b = … { pub fn name(…); }`
    "#]],
    );
    kernels(
        "mod a = \"@/strange.cu\";",
        expect![[r#"
            - P0008: `src/check/tests/kernels/strange.cu` does not show how `hidden` is declared

              = help: declare the kernels that you launch behind the path: `{ pub fn hidden(…); }`
            - P0008: the kernel `mangled` has a C++ name in the PTX

              = help: write `extern "C" __global__ void mangled(…)` in `src/check/tests/kernels/strange.cu`, and build it again
            - P0008: `moved` takes `Particle p`, whose type in Rust can't be told from its source

              = help: declare the kernels that you launch behind the path: `{ pub fn moved(…); }`
        "#]],
    );
    kernels(
        "mod a = \"@/strange.cu\" { \
         fn hidden(x: &mut [i32]); fn moved(p: [f64; 3], n: i64, flag: u8, r: &mut [u32], t: &mut [f64]); }",
        expect![""],
    );
}

#[test]
fn entries_exist() {
    with_source(
        "fn saxpi(); fn dot();",
        expect![[r#"
        - P0008: there is no entry `saxpi` in the PTX

          = help: did you mean `saxpy`?
        - P0008: there is no entry `dot` in the PTX

          = help: its entries are `saxpy`, `nothing`
    "#]],
    );
    kernels(
        "mod a = ptx \"\" { fn f(); }",
        expect![[r#"
        - P0008: there is no entry `f` in the PTX

          = help: it has none: an entry begins with `.visible .entry name`
    "#]],
    );
    kernels(
        "mod a = \"@/strange.ptx\" { fn mangled(x: &[u32]); }",
        expect![[r#"
        - P0008: there is no entry `mangled` in the PTX

          = help: it has a C++ name there: write `extern "C" __global__ void mangled(…)` in its source
    "#]],
    );
}

#[test]
fn number_of_parameters() {
    with_source(
        "fn saxpy(n: u32, a: f32, x: &[f32]);",
        expect![[r#"
        - P0008: `saxpy` takes 4 parameters, 3 are declared

          = help: write `saxpy(n: u32, a: f32, x: &[f32], y: &mut [f32])`
    "#]],
    );
    with_source(
        "fn nothing(n: u32, a: f32);",
        expect![[r#"
        - P0008: `nothing` takes 0 parameters, 2 are declared

          = help: write `nothing()`
    "#]],
    );
    declared(
        ".param .u32 a, .param .u64 .ptr b",
        "fn f(n: u32);",
        expect![[r#"
        - P0008: `f` takes 2 parameters, 1 is declared

          = help: the entry takes `.u32`, `.u64 .ptr`
    "#]],
    );
    declared(
        ".param .u32 a",
        "fn f();",
        expect![[r#"
        - P0008: `f` takes 1 parameter, 0 are declared

          = help: the entry takes `.u32`
    "#]],
    );
    declared(
        "",
        "fn f(n: u32);",
        expect![[r#"
        - P0008: `f` takes 0 parameters, 1 is declared

          = help: the entry takes none
    "#]],
    );
}

#[test]
fn parameters_as_in_ptx() {
    declared(
        ".param .u32 a, .param .f64 b, .param .b32 c, .param .b32 d, .param .u64 e, .param .u64 .ptr f,
         .param .align 8 .b8 g[24], .param .u8 h, .param .s16 i, .param .u64 j",
        "fn f(a: i32, b: f64, c: f32, d: u32, e: usize, f: &[Point], g: Point, h: i8, i: u16, j: &mut [[f32; 2]]);",
        expect![""],
    );
    declared(
        ".param .u32 a, .param .f64 b, .param .b32 c, .param .u64 d, .param .u64 .ptr e, .param .u64 .ptr f,
         .param .align 8 .b8 g[24], .param .u8 h, .param .f32 i, .param .texref j",
        "fn f(a: f32, b: f32, c: f64, d: u32, e: u64, f: Point, g: u32, h: u16, i: &[f32], j: u64);",
        expect![[r#"
            - P0008: `a` of `f` is declared as `f32`, which the entry takes as `.u32`

              = help: write `u32` or `i32`
            - P0008: `b` of `f` is declared as `f32`, which the entry takes as `.f64`

              = help: write `f64`
            - P0008: `c` of `f` is declared as `f64`, which the entry takes as `.b32`

              = help: write a number of 32 bits
            - P0008: `d` of `f` is declared as `u32`, which the entry takes as `.u64`

              = help: write `u64`, `i64`, `&[T]` or `&mut [T]`
            - P0008: `e` of `f` is declared as `u64`, which the entry takes as `.u64 .ptr`

              = help: write `&[T]` or `&mut [T]`
            - P0008: `f` of `f` is declared as `Point`, which the entry takes as `.u64 .ptr`

              = help: write `&[T]` or `&mut [T]`
            - P0008: `g` of `f` is declared as `u32`, which the entry takes as `.align 8 .b8 [24]`

              = help: write a `#[repr(C)]` type of 24 bytes, aligned to 8
            - P0008: `h` of `f` is declared as `u16`, which the entry takes as `.u8`

              = help: write `u8` or `i8`
            - P0008: `i` of `f` is declared as `&[f32]`, which the entry takes as `.f32`

              = help: write `f32`
            - P0008: `j` of `f` is declared as `u64`, which the entry takes as `.texref`

              = help: change the kernel: nothing in Rust is passed like this
        "#]],
    );
}

#[test]
fn parameters_as_in_source() {
    with_source(
        "fn saxpy(n: i32, a: f64, x: &mut [f32], y: &[f32]);",
        expect![[r#"
            - P0008: `a` of `saxpy` is declared as `f64`, which the entry takes as `.f32`

              = help: write `f32`
            - P0008: `n` of `saxpy` is declared as `i32`, which the source declares as `unsigned n`

              = help: write `u32`
            - P0008: `saxpy` only reads `x`, which is declared as `&mut [f32]`

              = help: write `&[f32]`
            - P0008: `saxpy` may write to `y`, which is declared as `&[f32]`

              = help: write `&mut [f32]`, or `const float* __restrict__ y` in the source if the kernel only reads it
        "#]],
    );
    with_source(
        "fn saxpy(n: u32, a: f32, x: &[f64], y: u64);",
        expect![[r#"
            - P0008: `x` of `saxpy` is declared as `&[f64]`, which the source declares as `const float* __restrict__ x`

              = help: write `&[f32]`
            - P0008: `y` of `saxpy` is declared as `u64`, which the source declares as `float* __restrict__ y`

              = help: write `&mut [f32]`
        "#]],
    );
    with_source(
        "fn saxpy(n: &[f32], a: f32, x: &[Real], y: &mut [Real]);",
        expect![[r#"
            - P0008: `n` of `saxpy` is declared as `&[f32]`, which the entry takes as `.u32`

              = help: write `u32` or `i32`
        "#]],
    );
}

#[test]
fn values_in_the_place_of_pointers() {
    with_source(
        "fn saxpy(n: Count, a: Real, x: Place, y: &mut [f32]);",
        expect![[r#"
            - P0008: `x` of `saxpy` is declared as `Place`, which the source declares as `const float* __restrict__ x`

              = help: write `&[f32]`
        "#]],
    );
}

#[test]
fn what_no_kernel_takes() {
    declared(
        ".param .u64 a, .param .u64 b, .param .u64 c",
        "fn f(a: &f32, b: (u32, u32), c: *const f32);",
        expect![[r#"
            - P0008: a kernel can't take `&f32`

              = help: it takes numbers, `&[T]`, `&mut [T]`, and types of your own by value
            - P0008: a kernel can't take `(u32, u32)`

              = help: it takes numbers, `&[T]`, `&mut [T]`, and types of your own by value
            - P0008: a kernel can't take `*const f32`

              = help: it takes numbers, `&[T]`, `&mut [T]`, and types of your own by value
        "#]],
    );
}

#[test]
fn what_stands_in_the_macro() {
    kernels("", expect![""]);
    kernels(
        "crate = 3; pub mod = \"x.cu\"; mod a = cubin \"\"; mod b = ptx \"\" { fn }",
        expect![[r#"
        - P0010: `crate` takes the path of Parla's crate

          = help: write a path, such as `crate = ::parla`
        - P0010: a module of kernels can't be read here: expected identifier

          = help: write `pub mod name = "kernels/name.cu";`
        - P0010: a module of kernels can't be read here: expected a string, or `ptx` and one

          = help: write `pub mod name = "kernels/name.cu";`
        - P0010: a kernel can't be read here: expected identifier

          = help: write `pub fn name(n: u32, x: &[f32], y: &mut [f32]);`
    "#]],
    );
    kernels(
        "mod a = \"@/vectors.cu\" mod b = ptx \"\" {}",
        expect![[r#"
        - P0010: a module of kernels can't be read here: expected curly braces

          = help: write `pub mod name = "kernels/name.cu";`
    "#]],
    );
    declared(
        ".param .u32 n",
        "const async unsafe extern \"C\" fn f<T>(&self, n: u32) -> u32; fn f(_: u32); struct S; fn f(u32)",
        expect![[r#"
            - P0010: a kernel can't be `const`

              = help: leave `const` out
            - P0010: a kernel can't be `async`

              = help: leave `async` out
            - P0010: a kernel can't be `extern`

              = help: leave `extern` out
            - P0010: a kernel can't be `unsafe`

              = help: leave `unsafe` out
            - P0010: a kernel can't be generic

              = help: declare one function for each entry
            - P0010: a kernel returns nothing

              = help: take a slice that it writes its results to, `&mut [T]`
            - P0010: a kernel is no method

              = help: leave `self` out: the GPU and the configuration come before what is declared
            - P0010: a parameter of a kernel is a name
            - P0010: a kernel can't be read here: expected `fn`

              = help: write `pub fn name(n: u32, x: &[f32], y: &mut [f32]);`
            - P0010: a kernel can't be read here: expected `:`

              = help: write `pub fn name(n: u32, x: &[f32], y: &mut [f32]);`
        "#]],
    );
}
