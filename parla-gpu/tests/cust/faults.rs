//! Mistakes of kernels, which no context survives. Each is made in a process of its own.

#![expect(unsafe_code, reason = "launches kernels that go wrong on purpose")]

use cust::context::CurrentContext;
use cust::device::Device;
use cust::error::CudaError;
use cust::event::{Event, EventFlags};
use cust::launch;
use cust::memory::{DeviceBox, DeviceBuffer, LockedBuffer, mem_get_info};
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};

use crate::{Machine, in_own_process, kernels, stream};

/// Has a kernel write to an address.
fn store(module: &Module, stream: &Stream, address: u64) {
    // SAFETY: what a kernel does wrong stays on the device.
    unsafe { launch!(module.store<<<1, 1, 0, stream>>>(address)) }.unwrap();
}

#[test]
fn an_illegal_access_stays_with_the_context() {
    if !in_own_process("faults::an_illegal_access_stays_with_the_context") {
        return;
    }
    let (machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let value = DeviceBox::new(&1_u32).unwrap();
    let event = Event::new(EventFlags::DEFAULT).unwrap();
    store(&module, &stream, 8);
    let fault = CudaError::IllegalAddress;
    assert_eq!(stream.synchronize(), Err(fault));

    assert_eq!(
        stream.synchronize(),
        Err(fault),
        "asking doesn't take it away"
    );
    assert_eq!(CurrentContext::synchronize(), Err(fault));
    assert_eq!(value.as_host_value(), Err(fault));
    assert_eq!(DeviceBox::new(&1_u32).map(drop), Err(fault));
    assert_eq!(LockedBuffer::new(&1_u32, 4).map(drop), Err(fault));
    assert_eq!(mem_get_info(), Err(fault));
    assert_eq!(event.record(&stream), Err(fault));
    assert_eq!(event.query(), Err(fault));
    assert_eq!(
        Stream::new(StreamFlags::DEFAULT, None).map(drop),
        Err(fault)
    );
    // SAFETY: nothing runs in this context any more.
    let launched = unsafe { launch!(module.narrow<<<1, 1, 0, stream>>>()) };
    assert_eq!(launched, Err(fault));
    assert_eq!(DeviceBox::drop(value).unwrap_err().0, fault);

    // What belongs to no context still works.
    assert_eq!(Device::get_device(0), Ok(machine.device));
    assert!(machine.device.total_memory().is_ok());
    // The text comes from the driver.
    assert!(
        fault.to_string().contains("illegal memory access"),
        "{fault}"
    );
}

#[test]
fn a_fault_is_told_at_the_next_synchronous_copy() {
    if !in_own_process("faults::a_fault_is_told_at_the_next_synchronous_copy") {
        return;
    }
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let buffer = DeviceBuffer::from_slice(&[1_u32; 4]).unwrap();
    store(&module, &stream, 8);
    let told = buffer.as_host_vec().unwrap_err();
    assert_eq!(told, CudaError::IllegalAddress);
}

#[test]
fn an_access_beyond_alignment_is_a_fault_of_its_own() {
    if !in_own_process("faults::an_access_beyond_alignment_is_a_fault_of_its_own") {
        return;
    }
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let value = DeviceBox::new(&[0_u32; 2]).unwrap();
    store(&module, &stream, value.as_device_ptr().as_raw() + 1);
    assert_eq!(stream.synchronize(), Err(CudaError::MisalignedAddress));
    assert_eq!(mem_get_info(), Err(CudaError::MisalignedAddress));
}

#[test]
fn a_trap_ends_the_kernel_and_the_context() {
    if !in_own_process("faults::a_trap_ends_the_kernel_and_the_context") {
        return;
    }
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    // SAFETY: the kernel stops at once.
    unsafe { launch!(module.stop<<<1, 1, 0, stream>>>()) }.unwrap();
    let fault = stream.synchronize().unwrap_err();
    // Real drivers differ in which of the two it is.
    let expected = [CudaError::LaunchFailed, CudaError::IllegalInstruction];
    assert!(expected.contains(&fault), "{fault:?}");
    assert_eq!(mem_get_info(), Err(fault));
}

#[test]
fn texts_of_errors_come_from_the_driver() {
    let _machine = Machine::bare();
    let texts = [
        (CudaError::OutOfMemory, "out of memory"),
        (CudaError::InvalidValue, "invalid argument"),
        (CudaError::NotFound, "named symbol not found"),
        (CudaError::InvalidContext, "invalid device context"),
    ];
    for (error, text) in texts {
        assert!(error.to_string().contains(text), "{error}");
    }
}
