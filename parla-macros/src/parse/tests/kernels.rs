//! Signatures in PTX and CUDA C++.

use expect_test::{Expect, expect};

use crate::parse::kernels::{cuda_source, hash, ptx};

/// Each entry a line, and the hash.
fn in_ptx(text: &str, expected: Expect) {
    let ptx = ptx(text);
    let mut lines = String::new();
    for entry in &ptx.entries {
        let params: Vec<_> = entry.params.iter().map(ToString::to_string).collect();
        lines += &format!("{}({})\n", entry.name, params.join(", "));
    }
    if let Some(hash) = &ptx.source {
        lines += &format!("built from {hash}\n");
    }
    expected.assert_eq(&lines);
}

/// Each kernel a line, behind its comment, and a line for each parameter.
fn in_cuda(text: &str, expected: Expect) {
    let mut lines = String::new();
    for kernel in cuda_source(text) {
        for line in &kernel.docs {
            lines += &format!("/// {line}\n");
        }
        lines += &format!("{}\n", kernel.name);
        for param in &kernel.params {
            let name = param.name.as_deref().unwrap_or("_");
            lines += &format!("  {name}: {:?} = {}\n", param.ty, param.text);
        }
    }
    expected.assert_eq(&lines);
}

#[test]
fn ptx_of_nvrtc() {
    // Versions 12.9 and 13.0 write the same.
    in_ptx(
        include_str!("kernels/nvrtc_13_0.ptx"),
        expect![[r#"
            nothing()
            numbers(.u8, .u8, .u16, .u16, .u32, .u32, .u64, .u64, .f32, .f64, .u8, .u64)
            values(.align 8 .b8 [24], .align 2 .b8 [4], .u64)
            _Z7mangledjPf(.u32, .u64)
        "#]],
    );
}

#[test]
fn ptx_of_llvm() {
    in_ptx(
        include_str!("kernels/llvm_14.ptx"),
        expect![[r#"
            saxpy(.u32, .f32, .u64, .u64, .u8, .u64, .b16, .align 4 .b8 [16], .align 8 .b8 [24])
        "#]],
    );
}

#[test]
fn ptx_by_hand() {
    in_ptx(
        "// source: sha256:00ff\n\
         .version 7.0 // .visible .entry not_this(.param .u32 a)\n\
         .file 1 \".entry \\\\nor /* this\"\n\
         /* nor .entry this( */\n\
         .func (.param .b32 r) helper(.param .b32 a) { ret; }\n\
         .weak .entry\n  k /* the name */ ( .param .u64 .ptr .global .align 16 x,\n\
         .param .b64 .ptr y, .param .s32 n, .param .f16 h, .param .texref t, .param .b32 v[4] )\n\
         .maxntid 64, 1, 1 { .entry: ret; }\n\
         .entry $odd%name { ret; }",
        expect![[r#"
            k(.u64 .ptr, .u64 .ptr, .u32, .f16, .texref, .align 1 .b8 [16])
            $odd%name()
            built from 00ff
        "#]],
    );
}

#[test]
fn kernels_in_cuda() {
    in_cuda(
        r#"
        #include <cuda_fp16.h>
        #define KERNEL(T) \
            extern "C" __global__ void not_this(T x)
        /// Adds. /* still this line */
        ///
        ///   Indented.
        extern "C" __global__ void __launch_bounds__(256, 2)
        axpy(const unsigned int n, float a, const float *__restrict__ x, float* const y = nullptr) {
            const char* s = "}"; char c = '{'; int big = 1'000'000;
        }
        // An ordinary comment.
        extern "C" {
        __device__ int helper(int a) { return a; }
        __global__ void nothing(void);
        /// Described where it is declared.
        __global__ __attribute__((used)) void later(double const* x, long long int, size_t m,
                              std::uint8_t* out, unsigned char b[], signed char c);
        __global__ void later(double const* p, long long int q, size_t m,
                              uint8_t* out, unsigned char b[], signed char c) { if (m) { } }
        }
        __global__ void mangled(int n) {}
        template <typename T> __global__ void generic(T* x) {}
        extern "C" void host(float* x);
        extern "C" __global__ void strange(half h, long n, float** rows, const float& r, float4 v,
            struct Particle p, const Particle* ps, void* bytes, void (*f)(int, int), T<int, 3> t,
            bool flag, volatile short* s, float m[4][4]);
        auto text = R"x( extern "C" __global__ void in_text(int n); )" )x";
        "#,
        expect![[r#"
            /// Adds. /* still this line */
            /// 
            ///   Indented.
            axpy
              n: Number(Unsigned(32)) = const unsigned int n
              a: Number(Float(32)) = float a
              x: Pointer { to: Some(Float(32)), is_constant: true } = const float* __restrict__ x
              y: Pointer { to: Some(Float(32)), is_constant: false } = float* const y
            nothing
            /// Described where it is declared.
            later
              p: Pointer { to: Some(Float(64)), is_constant: true } = double const* p
              q: Number(Signed(64)) = long long int q
              m: Number(Unsigned(64)) = size_t m
              out: Pointer { to: Some(Unsigned(8)), is_constant: false } = uint8_t* out
              b: Pointer { to: Some(Unsigned(8)), is_constant: false } = unsigned char b[]
              c: Number(Signed(8)) = signed char c
            strange
              h: Unknown = half h
              n: Unknown = long n
              rows: Unknown = float** rows
              r: Unknown = const float& r
              v: Unknown = float4 v
              p: Unknown = struct Particle p
              ps: Pointer { to: None, is_constant: true } = const Particle* ps
              bytes: Pointer { to: None, is_constant: false } = void* bytes
              f: Unknown = void(* f)(int,int)
              int: Unknown = T<int,3>t
              flag: Unknown = bool flag
              s: Pointer { to: Some(Signed(16)), is_constant: false } = volatile short* s
              m: Unknown = float m[4][4]
        "#]],
    );
}

#[test]
fn the_hash_is_of_lines() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash(b"abc"), abc);
    assert_eq!(hash(b"a\r\nb\n\r\n"), hash(b"a\nb\n\n"));
    assert_ne!(hash(b"a\rb"), hash(b"ab"));
}

#[test]
fn broken_texts_are_read_as_far_as_they_go() {
    let texts = [
        include_str!("kernels/nvrtc_13_0.ptx"),
        include_str!("kernels/llvm_14.ptx"),
        "extern \"C\" { /// Doc\n__global__ void f(const float* x, int n[3] = {1}, T<int> t); } \
         R\"(…)\" 'x' /* é */ #define f(\\\n x)",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let marks = [
        '(', ')', '{', '}', '"', '\'', '/', '*', '.', ',', '[', 'é', '\\', '\n', '#',
    ];
    for round in 0..3000 {
        let mut text: Vec<char> = texts[round % texts.len()].chars().collect();
        text.truncate(random.usize(1..=text.len()));
        for _ in 0..random.usize(0..4) {
            let (at, mark) = (random.usize(..text.len()), random.usize(..marks.len()));
            match random.bool() {
                true => text[at] = marks[mark],
                false => text.insert(at, marks[mark]),
            }
        }
        let text: String = text.into_iter().collect();
        ptx(&text);
        cuda_source(&text);
    }
}
