//! Devices, and contexts: the primary one that all share, those of one's own, and which is current.

#![expect(unsafe_code, reason = "resets a device")]

use std::thread;

use cust::CudaApiVersion;
use cust::CudaFlags;
use cust::context::legacy;
use cust::context::{
    CacheConfig, Context, ContextFlags, CurrentContext, ResourceLimit, SharedMemoryConfig,
};
use cust::device::{Device, DeviceAttribute};
use cust::error::CudaError;
use cust::memory::{CopyDestination, DeviceBox, DeviceBuffer, mem_get_info};
use cust::stream::{Stream, StreamFlags};

use crate::Machine;

#[test]
fn starting_the_driver_again_changes_nothing() {
    let (machine, _context) = Machine::new();
    cust::init(CudaFlags::empty()).unwrap();
    assert_eq!(CurrentContext::get_device(), Ok(machine.device));
    assert!(CudaApiVersion::get().unwrap().major() >= 11);
}

#[test]
fn devices_are_counted_from_zero_and_describe_themselves() {
    let machine = Machine::bare();
    let count = Device::num_devices().unwrap();
    assert_eq!(Device::devices().unwrap().count(), count as usize);
    assert_eq!(Device::get_device(0), Ok(machine.device));
    assert_eq!(Device::get_device(count), Err(CudaError::InvalidDevice));
    assert_eq!(Device::get_device(u32::MAX), Err(CudaError::InvalidDevice));

    assert!(!machine.device.name().unwrap().is_empty());
    let of = |attribute| machine.device.get_attribute(attribute).unwrap();
    assert_eq!(of(DeviceAttribute::WarpSize), 32);
    assert_eq!(of(DeviceAttribute::MaxThreadsPerBlock), 1024);
    assert_eq!(of(DeviceAttribute::MaxGridDimX), i32::MAX);
    assert_eq!(of(DeviceAttribute::UnifiedAddressing), 1);
    assert!(of(DeviceAttribute::ComputeCapabilityMajor) >= 5);
    assert!(of(DeviceAttribute::MultiprocessorCount) >= 1);
    assert!(of(DeviceAttribute::MaxSharedMemoryPerBlock) >= 48 << 10);
}

#[test]
fn without_a_context_there_is_nothing_to_work_in() {
    let _machine = Machine::bare();
    let none = CudaError::InvalidContext;
    assert_eq!(CurrentContext::get_device(), Err(none));
    assert_eq!(CurrentContext::synchronize(), Err(none));
    assert_eq!(DeviceBox::new(&1_u32).map(drop), Err(none));
    assert_eq!(mem_get_info(), Err(none));
    assert_eq!(Stream::new(StreamFlags::DEFAULT, None).map(drop), Err(none));
}

#[test]
fn a_context_is_current_only_on_the_threads_that_made_it_so() {
    let (machine, context) = Machine::new();
    assert_eq!(CurrentContext::get_device(), Ok(machine.device));
    let elsewhere = thread::scope(|scope| {
        let look = || {
            let before = CurrentContext::get_device();
            CurrentContext::set_current(&context).unwrap();
            (before, CurrentContext::get_device())
        };
        scope.spawn(look).join().unwrap()
    });
    let none = Err(CudaError::InvalidContext);
    assert_eq!(elsewhere, (none, Ok(machine.device)));
}

#[test]
fn what_one_thread_makes_another_can_use() {
    let (_machine, context) = Machine::new();
    let made = DeviceBox::new(&41_u64).unwrap();
    let seen = thread::scope(|scope| {
        let look = || {
            CurrentContext::set_current(&context).unwrap();
            made.as_host_value()
        };
        scope.spawn(look).join().unwrap()
    });
    assert_eq!(seen, Ok(41));
}

#[test]
fn all_who_retain_the_primary_context_get_the_same_one() {
    let (machine, first) = Machine::new();
    let second = Context::new(machine.device).unwrap();
    assert_eq!(first.as_raw(), second.as_raw());
    let value = DeviceBox::new(&7_u32).unwrap();
    drop(first);
    assert_eq!(value.as_host_value(), Ok(7));
}

#[test]
fn the_last_release_ends_the_primary_context() {
    let (machine, context) = Machine::new();
    let value = DeviceBox::new(&7_u32).unwrap();
    Context::drop(context).unwrap();
    // It stays current, but there is nothing behind it any more.
    let gone = CudaError::ContextIsDestroyed;
    assert_eq!(value.as_host_value(), Err(gone));
    assert_eq!(DeviceBox::new(&1_u32).map(drop), Err(gone));
    assert_eq!(CurrentContext::synchronize(), Err(gone));

    let _again = Context::new(machine.device).unwrap();
    assert_eq!(DeviceBox::new(&8_u32).unwrap().as_host_value(), Ok(8));
    // The memory has gone with the context that it was allocated in.
    let (code, _value) = DeviceBox::drop(value).unwrap_err();
    assert_eq!(code, CudaError::InvalidValue);
}

#[test]
fn a_reset_ends_the_primary_context_but_does_not_release_it() {
    let (machine, context) = Machine::new();
    let other = Context::new(machine.device).unwrap();
    // SAFETY: nothing else in this process uses the device.
    unsafe { Context::reset(&machine.device) }.unwrap();
    let gone = Err(CudaError::ContextIsDestroyed);
    assert_eq!(CurrentContext::synchronize(), gone);
    // Each of those who had retained it still releases it.
    Context::drop(other).unwrap();
    let again = Context::new(machine.device).unwrap();
    assert_eq!(DeviceBox::new(&8_u32).unwrap().as_host_value(), Ok(8));
    Context::drop(context).unwrap();
    assert_eq!(CurrentContext::synchronize(), Ok(()));
    Context::drop(again).unwrap();
    assert_eq!(CurrentContext::synchronize(), gone);
}

#[test]
fn flags_of_the_primary_context_can_be_set_while_it_is_used() {
    let (_machine, context) = Machine::new();
    for flags in [ContextFlags::SCHED_BLOCKING_SYNC, ContextFlags::SCHED_SPIN] {
        context.set_flags(flags).unwrap();
        let scheduling = ContextFlags::SCHED_BLOCKING_SYNC
            | ContextFlags::SCHED_SPIN
            | ContextFlags::SCHED_YIELD;
        assert_eq!(CurrentContext::get_flags().unwrap() & scheduling, flags);
    }
    context.set_flags(ContextFlags::SCHED_AUTO).unwrap();
}

#[test]
fn a_context_has_the_version_of_its_interface_not_of_the_driver() {
    let (_machine, context) = Machine::new();
    let version = context.get_api_version().unwrap();
    assert_eq!((version.major(), version.minor()), (3, 2));
}

#[test]
fn limits_can_be_read_and_raised() {
    let (_machine, _context) = Machine::new();
    let stack = CurrentContext::get_resource_limit(ResourceLimit::StackSize).unwrap();
    CurrentContext::set_resource_limit(ResourceLimit::StackSize, 2 * stack).unwrap();
    // A driver may round it up.
    let raised = CurrentContext::get_resource_limit(ResourceLimit::StackSize).unwrap();
    assert!(raised >= 2 * stack);
}

#[test]
fn waiting_for_launches_of_kernels_has_no_limit_on_newer_devices() {
    let (machine, _context) = Machine::new();
    let major = machine
        .device
        .get_attribute(DeviceAttribute::ComputeCapabilityMajor);
    if major.unwrap() < 9 {
        println!("skipped: the device has the limit");
        return;
    }
    let limit = ResourceLimit::DeviceRuntimeSynchronizeDepth;
    let set = CurrentContext::set_resource_limit(limit, 4);
    assert_eq!(set, Err(CudaError::UnsupportedLimit));
}

#[test]
fn the_preferred_use_of_the_cache_is_kept() {
    let (_machine, _context) = Machine::new();
    for config in [CacheConfig::PreferL1, CacheConfig::PreferNone] {
        CurrentContext::set_cache_config(config).unwrap();
        assert_eq!(CurrentContext::get_cache_config(), Ok(config));
    }
}

#[test]
fn banks_of_shared_memory_are_four_bytes_wide_whatever_is_asked_for() {
    let (_machine, _context) = Machine::new();
    CurrentContext::set_shared_memory_config(SharedMemoryConfig::EightByteBankSize).unwrap();
    let config = CurrentContext::get_shared_memory_config();
    assert_eq!(config, Ok(SharedMemoryConfig::FourByteBankSize));
}

#[test]
fn a_context_of_its_own_is_pushed_and_popped() {
    let (machine, primary) = Machine::new();
    let flags = legacy::ContextFlags::SCHED_BLOCKING_SYNC;
    let own = legacy::Context::create_and_push(flags, machine.device).unwrap();
    assert_eq!(legacy::CurrentContext::get_flags(), Ok(flags));
    legacy::ContextStack::pop().unwrap();
    assert_eq!(CurrentContext::get_flags(), Ok(ContextFlags::SCHED_AUTO));
    legacy::ContextStack::push(&own.get_unowned()).unwrap();
    assert_eq!(legacy::CurrentContext::get_flags(), Ok(flags));
    // What is destroyed while it is current is current no more.
    legacy::Context::drop(own).unwrap();
    assert_eq!(CurrentContext::get_flags(), Ok(ContextFlags::SCHED_AUTO));
    drop(primary);
}

#[test]
fn only_what_was_pushed_can_be_popped() {
    let _machine = Machine::bare();
    let popped = legacy::ContextStack::pop().map(drop);
    assert_eq!(popped, Err(CudaError::InvalidContext));
}

#[test]
fn memory_ends_with_the_context_that_it_was_allocated_in() {
    let (machine, _primary) = Machine::new();
    let flags = legacy::ContextFlags::SCHED_AUTO;
    let own = legacy::Context::create_and_push(flags, machine.device).unwrap();
    let buffer = DeviceBuffer::from_slice(&[1_u8; 64]).unwrap();
    legacy::Context::drop(own).unwrap();
    let mut host = [0_u8; 64];
    assert_eq!(buffer.copy_to(&mut host), Err(CudaError::InvalidValue));
    let (code, mut buffer) = DeviceBuffer::drop(buffer).unwrap_err();
    assert_eq!(code, CudaError::InvalidValue);
    assert_eq!(buffer.set_8(0), Err(CudaError::InvalidValue));
}
