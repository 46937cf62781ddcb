//! Modules of kernels.

use expect_test::{Expect, expect};

use super::{items, tokens};
use crate::pipeline;

fn kernels(source: &str, expected: Expect) {
    let source = source.replace('@', "src/check/tests/kernels");
    items(pipeline::kernels(tokens(&source)), expected);
}

#[test]
fn derived_from_the_source() {
    kernels(
        "/// Vectors.\npub mod vectors = \"@/vectors.cu\";",
        expect![[r#"
            /// Vectors.
            pub mod vectors {
                static IMAGE_: P::gpu::Image = P::gpu::Image::new(
                    "vectors",
                    ::core::include_str!(
                        ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"),
                        "/src/check/tests/kernels/vectors.ptx")
                    ),
                );
                const _: &[u8] = ::core::include_bytes!(
                    ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"),
                    "/src/check/tests/kernels/vectors.cu")
                );
                /// `y = a x + y`, on vectors of `n` elements.
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn saxpy(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                    n: u32,
                    a: f32,
                    x: &(impl P::gpu::AsDeviceSlice<f32> + ?::core::marker::Sized),
                    y: &mut (impl P::gpu::AsDeviceSliceMut<
                        f32,
                    > + ?::core::marker::Sized),
                ) -> P::gpu::Result<()> {
                    P::gpu::launch(
                        gpu,
                        &IMAGE_,
                        "saxpy",
                        ::core::convert::Into::into(config),
                        &[
                            P::gpu::Argument::scalar::<u32>(&n),
                            P::gpu::Argument::scalar::<f32>(&a),
                            P::gpu::Argument::slice::<f32>(x),
                            P::gpu::Argument::slice_mut::<f32>(y),
                        ],
                    )
                }
                /// Launches the kernel `nothing`.
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn nothing(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                ) -> P::gpu::Result<()> {
                    P::gpu::launch(
                        gpu,
                        &IMAGE_,
                        "nothing",
                        ::core::convert::Into::into(config),
                        &[],
                    )
                }
            }
        "#]],
    );
}

#[test]
fn declared() {
    kernels(
        "crate = crate; \
         mod particles = ptx \".entry move(.param .u64 .ptr p, .param .f32 dt, .param .align 4 .b8 f[12])\" { \
             /// Moves.\n#[inline] pub(crate) fn r#move(p: &mut [Particle], dt: Real, gpu: [f32; 3]); }",
        expect![[r#"
            mod particles {
                #[allow(unused_imports)]
                use super::*;
                static IMAGE_: crate::__private::gpu::Image = crate::__private::gpu::Image::new(
                    "particles",
                    ".entry move(.param .u64 .ptr p, .param .f32 dt, .param .align 4 .b8 f[12])",
                );
                /// Moves.
                #[inline]
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub(crate) fn r#move(
                    gpu: &crate::__private::gpu::Gpu,
                    config: impl ::core::convert::Into<crate::__private::gpu::LaunchConfig>,
                    p: &mut (impl crate::__private::gpu::AsDeviceSliceMut<
                        Particle,
                    > + ?::core::marker::Sized),
                    dt: Real,
                    gpu: [f32; 3],
                ) -> crate::__private::gpu::Result<()> {
                    const _: () = ::core::assert!(
                        ::core::mem::size_of:: < Real > () == 4usize,
                        "P0008: `dt` of `move` is declared as `Real`, which the entry takes as `.f32`"
                    );
                    const _: () = ::core::assert!(
                        ::core::mem::size_of:: < [f32; 3] > () == 12usize,
                        "P0008: `gpu` of `move` is declared as `[f32 ; 3]`, which the entry takes as `.align 4 .b8 [12]`"
                    );
                    crate::__private::gpu::launch(
                        gpu,
                        &IMAGE_,
                        "move",
                        ::core::convert::Into::into(config),
                        &[
                            crate::__private::gpu::Argument::slice_mut::<Particle>(p),
                            crate::__private::gpu::Argument::scalar::<Real>(&dt),
                            crate::__private::gpu::Argument::scalar::<[f32; 3]>(&gpu),
                        ],
                    )
                }
            }
        "#]],
    );
}

#[test]
fn an_absolute_path_stays() {
    let path = format!("{}/@/vectors.ptx", env!("CARGO_MANIFEST_DIR"));
    let source = format!("mod vectors = \"{path}\" {{ fn nothing(); }}");
    let source = source.replace('@', "src/check/tests/kernels");
    let expansion = pipeline::kernels(tokens(&source)).to_string();
    assert!(expansion.contains("include_str ! (\"/"), "{expansion}");
}

#[test]
fn mistakes_leave_signatures() {
    kernels(
        "pub mod stale = \"@/stale.cu\"; \
         mod wrong = \"@/vectors.ptx\" { pub fn saxpy(n: u32, a: f64, x: &[f32], y: &f32); } \
         mod nowhere = \"@/nowhere.ptx\" { pub fn f(n: u32); }",
        expect![[r#"
            pub mod stale {
                /// `y = a x + y`, on vectors of `n` elements.
                #[allow(unused_variables)]
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn saxpy(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                    n: u32,
                    a: f64,
                    x: &(impl P::gpu::AsDeviceSlice<f32> + ?::core::marker::Sized),
                    y: &mut (impl P::gpu::AsDeviceSliceMut<
                        f32,
                    > + ?::core::marker::Sized),
                ) -> P::gpu::Result<()> {
                    ::core::unreachable!()
                }
                /// Launches the kernel `nothing`.
                #[allow(unused_variables)]
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn nothing(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                ) -> P::gpu::Result<()> {
                    ::core::unreachable!()
                }
            }
            mod wrong {
                /// Launches the kernel `saxpy`.
                #[allow(unused_variables)]
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn saxpy(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                    n: u32,
                    a: f64,
                    x: &(impl P::gpu::AsDeviceSlice<f32> + ?::core::marker::Sized),
                    y: impl ::core::marker::Sized,
                ) -> P::gpu::Result<()> {
                    ::core::unreachable!()
                }
            }
            mod nowhere {
                /// Launches the kernel `f`.
                #[allow(unused_variables)]
                #[allow(non_snake_case, clippy::too_many_arguments, clippy::missing_errors_doc)]
                pub fn f(
                    gpu: &P::gpu::Gpu,
                    config: impl ::core::convert::Into<P::gpu::LaunchConfig>,
                    n: u32,
                ) -> P::gpu::Result<()> {
                    ::core::unreachable!()
                }
            }
            ::core::compile_error! {
                "P0008: there is no file `src/check/tests/kernels/nowhere.ptx`\n\n  = help: paths begin at the folder of the crate's `Cargo.toml`"
            }
            ::core::compile_error! {
                "P0008: a kernel can't take `&f32`\n\n  = help: it takes numbers, `&[T]`, `&mut [T]`, and types of your own by value"
            }
            ::core::compile_error! {
                "P0008: `src/check/tests/kernels/stale.cu` has changed since its PTX was built\n\n  = help: build it again: `python3 build.py src/check/tests/kernels/stale.cu` (`build.py` is in `kernels/` of the crate `parla-gpu`)"
            }
            ::core::compile_error! {
                "P0008: `a` of `saxpy` is declared as `f64`, which the entry takes as `.f32`\n\n  = help: write `f32`"
            }
        "#]],
    );
}
