//! Modules: loaded from text, files and links; their kernels, variables and attributes.

#![expect(unsafe_code, reason = "launches")]

use std::ffi::CStr;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cust::context::{CacheConfig, SharedMemoryConfig};
use cust::device::DeviceAttribute;
use cust::error::{CudaError, CudaResult};
use cust::function::FunctionAttribute;
use cust::launch;
use cust::link::Linker;
use cust::memory::{CopyDestination, DeviceBox};
use cust::module::{Module, ModuleJitOption, OptLevel};

use crate::{Machine, kernels, stream};

const TEXT: &str = include_str!("kernels.ptx");
const HEADER: &str = ".version 6.0\n.target sm_52\n.address_size 64\n";

fn load(text: &str) -> CudaResult<Module> {
    Module::from_ptx(text, &[])
}

/// Runs `count` with so many threads.
fn count(module: &Module, threads: u32) {
    let stream = stream();
    // SAFETY: the kernel has no parameters and writes to a variable of its module.
    unsafe { launch!(module.count<<<1, threads, 0, stream>>>()) }.unwrap();
    stream.synchronize().unwrap();
}

fn word(module: &Module, name: &CStr) -> u32 {
    let mut value = 0;
    let symbol = module.get_global::<u32>(name).unwrap();
    symbol.copy_to(&mut value).unwrap();
    value
}

#[test]
fn options_of_the_compiler_change_nothing_that_a_kernel_computes() {
    let (_machine, _context) = Machine::new();
    let all = [
        ModuleJitOption::MaxRegisters(32),
        ModuleJitOption::OptLevel(OptLevel::O0),
        ModuleJitOption::GenerateLineInfo(true),
    ];
    for options in [&all[..0], &all[..1], &all] {
        let module = Module::from_ptx(TEXT, options).unwrap();
        count(&module, 32);
        assert_eq!(word(&module, c"counter"), 7 + 32 * 3);
    }
}

#[test]
fn a_module_is_read_from_a_file() {
    let (_machine, _context) = Machine::new();
    let name = format!("parla-cust-{}.ptx", std::process::id());
    let path = std::env::temp_dir().join(name);
    let missing = Module::from_file(&path).map(drop);
    assert_eq!(missing, Err(CudaError::FileNotFound));
    fs::write(&path, TEXT).unwrap();
    let module = Module::from_file(&path);
    fs::remove_file(&path).unwrap();
    assert!(module.unwrap().get_function("count").is_ok());
}

#[test]
fn text_that_does_not_compile_is_refused_and_nothing_else_suffers() {
    let (_machine, _context) = Machine::new();
    let invalid = Err(CudaError::InvalidPtx);
    let body = |body| format!("{HEADER}.visible .entry k()\n{{\n{body}\nret;\n}}\n");
    assert!(load(&body("")).is_ok());
    for mistake in [
        "frobnicate.u32 %r1;",
        "mov.u32 %r1, 1;",
        "bra NOWHERE;",
        "}",
    ] {
        assert_eq!(load(&body(mistake)).map(drop), invalid, "{mistake}");
    }
    // Real drivers differ in which of the two it is.
    let no_ptx = load("this is no PTX").map(drop).unwrap_err();
    let expected = [CudaError::InvalidImage, CudaError::InvalidPtx];
    assert!(expected.contains(&no_ptx), "{no_ptx:?}");
    count(&kernels(), 1);
}

#[test]
fn text_of_a_later_version_than_the_drivers_is_refused() {
    let (_machine, _context) = Machine::new();
    let text = TEXT.replace(".version 6.0", ".version 99.0");
    // `CUDA_ERROR_UNSUPPORTED_PTX_VERSION`, which `cust` doesn't know.
    assert_eq!(load(&text).map(drop), Err(CudaError::UnknownError));
    assert_eq!(parla_cuda_shim::last_raw_error(), 222);
}

#[test]
fn names_that_a_module_does_not_have_are_not_found() {
    let (_machine, _context) = Machine::new();
    let module = kernels();
    let missing = Err(CudaError::NotFound);
    for name in ["nothing", "Count", "count ", "counter"] {
        assert_eq!(module.get_function(name).map(drop), missing, "{name}");
    }
    for name in [c"nothing", c"count"] {
        assert_eq!(
            module.get_global::<u32>(name).map(drop),
            missing,
            "{name:?}"
        );
    }
    let stream = stream();
    // SAFETY: there is no such kernel, and nothing is launched.
    let launched = unsafe { launch!(module.nothing<<<1, 1, 0, stream>>>()) };
    assert_eq!(launched, missing);
}

#[test]
fn variables_are_read_and_written_by_host_and_kernels() {
    let (_machine, _context) = Machine::new();
    let module = kernels();
    assert_eq!(word(&module, c"counter"), 7);
    assert_eq!(word(&module, c"factor"), 3);
    count(&module, 10);
    assert_eq!(word(&module, c"counter"), 37);

    let mut counter = module.get_global::<u32>(c"counter").unwrap();
    counter.copy_from(&100).unwrap();
    // The constant too is only constant for kernels.
    let mut factor = module.get_global::<u32>(c"factor").unwrap();
    factor.copy_from(&5).unwrap();
    count(&module, 2);
    assert_eq!(word(&module, c"counter"), 110);

    let table = module.get_global::<[u32; 4]>(c"table").unwrap();
    let mut words = [1; 4];
    table.copy_to(&mut words).unwrap();
    assert_eq!(words, [0; 4], "without a value it is zero");
}

#[test]
fn a_variable_has_the_size_that_it_was_declared_with() {
    let (_machine, _context) = Machine::new();
    let module = kernels();
    let wrong = || module.get_global::<u64>(c"counter").map(drop);
    assert!(
        catch_unwind(AssertUnwindSafe(wrong)).is_err(),
        "`cust` compares"
    );
}

#[test]
fn each_load_of_a_module_has_variables_of_its_own() {
    let (_machine, _context) = Machine::new();
    let (first, second) = (kernels(), kernels());
    count(&first, 1);
    assert_eq!(word(&first, c"counter"), 10);
    assert_eq!(word(&second, c"counter"), 7);
    Module::drop(first).unwrap();
    assert_eq!(word(&second, c"counter"), 7);
    assert_eq!(word(&kernels(), c"counter"), 7);
}

#[test]
fn attributes_say_what_a_kernel_needs() {
    use FunctionAttribute as A;

    let (machine, _context) = Machine::new();
    let module = kernels();
    let of = |kernel: &str, attribute| {
        let function = module.get_function(kernel).unwrap();
        function.get_attribute(attribute).unwrap()
    };
    assert_eq!(of("count", A::MaxThreadsPerBlock), 1024);
    assert_eq!(of("narrow", A::MaxThreadsPerBlock), 64);
    assert_eq!(of("share", A::SharedMemorySizeBytes), 1024);
    assert_eq!(of("reverse", A::SharedMemorySizeBytes), 0, "it is dynamic");
    assert_eq!(of("count", A::LocalSizeBytes), 0);
    assert!((1..=255).contains(&of("add", A::NumRegisters)));
    let device = |attribute| machine.device.get_attribute(attribute).unwrap();
    let capability = 10 * device(DeviceAttribute::ComputeCapabilityMajor)
        + device(DeviceAttribute::ComputeCapabilityMinor);
    assert_eq!(of("count", A::BinaryVersion), capability);
    // The architecture that the text is for, not the version of the language.
    assert_eq!(of("count", A::PtxVersion), 52);
}

#[test]
fn preferences_of_a_kernel_are_taken() {
    let (_machine, _context) = Machine::new();
    let module = kernels();
    let mut function = module.get_function("count").unwrap();
    function
        .set_cache_config(CacheConfig::PreferShared)
        .unwrap();
    let banks = SharedMemoryConfig::FourByteBankSize;
    function.set_shared_memory_config(banks).unwrap();
    count(&module, 1);
}

#[test]
fn texts_are_linked_to_one_module() {
    let (_machine, _context) = Machine::new();
    let storing = format!(
        "{HEADER}.visible .entry one(.param .u64 out)\n{{\n.reg .b64 %rd<2>;\n\
         ld.param.u64 %rd1, [out];\nst.global.u32 [%rd1], 1;\nret;\n}}\n\0"
    );
    let mut linker = Linker::new().unwrap();
    linker.add_ptx(format!("{TEXT}\0")).unwrap();
    linker.add_ptx(storing).unwrap();
    let image = linker.complete().unwrap();
    let module = Module::from_cubin(image, &[]).unwrap();
    count(&module, 4);
    assert_eq!(word(&module, c"counter"), 19);
    let (out, stream) = (DeviceBox::new(&0_u32).unwrap(), stream());
    // SAFETY: the kernel writes a word where there is one.
    unsafe { launch!(module.one<<<1, 1, 0, stream>>>(out.as_device_ptr())) }.unwrap();
    stream.synchronize().unwrap();
    assert_eq!(out.as_host_value(), Ok(1));
}

#[test]
fn a_link_refuses_what_is_no_ptx_and_names_that_are_there_twice() {
    let (_machine, _context) = Machine::new();
    let mut linker = Linker::new().unwrap();
    let wrong = format!("{HEADER}.visible .entry k() {{ frobnicate; }}\0");
    assert_eq!(linker.add_ptx(wrong), Err(CudaError::InvalidPtx));

    let mut linker = Linker::new().unwrap();
    let twice = format!("{HEADER}.visible .entry k() {{ ret; }}\0");
    linker.add_ptx(&twice).unwrap();
    let second = linker.add_ptx(&twice);
    assert!(second.is_err() || linker.complete().is_err());
}
