//! Copies of rows of bytes that lie apart.

#![expect(unsafe_code, reason = "queues copies through `cust::sys`")]

use std::ptr;

use cust::sys;

use super::{Address, Context, Failure, Pinned, Stream};

/// Equally long rows of bytes, on both sides of a copy equally far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Where the first one begins, from the beginning of the source and of the destination.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The bytes of each.
    pub(crate) width: usize,
    /// How many there are.
    pub(crate) height: usize,
    /// The distance from one to the next; not less than the width nor more than [`MAX_PITCH`], if
    /// there are several.
    pub(crate) from_pitch: usize,
    pub(crate) to_pitch: usize,
}

/// The largest distance between rows, of any device.
pub(crate) const MAX_PITCH: usize = i32::MAX as usize;

impl Rows {
    /// From the first byte of the source to behind the last.
    fn source_span(&self) -> usize {
        (self.height - 1) * self.from_pitch + self.width
    }

    fn destination_span(&self) -> usize {
        (self.height - 1) * self.to_pitch + self.width
    }
}

impl Stream {
    /// Copies out of the memory of the host, which nobody changes until that is done.
    pub(crate) fn copy_rows_to_device(
        &self,
        to: Address,
        from: &Pinned,
        rows: &Rows,
    ) -> Result<(), Failure> {
        let source = from.raw_part(rows.from, rows.source_span());
        let to = to + rows.to as u64;
        if rows.height == 1 {
            self.context.bind()?;
            // SAFETY: the memory is that large, and its holder keeps it until the copy is done.
            let result = unsafe { sys::cuMemcpyHtoDAsync_v2(to, source, rows.width, self.raw) };
            return self.context.check("cuMemcpyHtoDAsync_v2", result);
        }
        self.copy_2d(&sys::CUDA_MEMCPY2D {
            srcMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_HOST,
            srcHost: source,
            dstDevice: to,
            ..between(rows)
        })
    }

    /// Copies into the memory of the host, which nobody touches until that is done.
    pub(crate) fn copy_rows_to_host(
        &self,
        to: &mut Pinned,
        from: Address,
        rows: &Rows,
    ) -> Result<(), Failure> {
        let destination = to.raw_part(rows.to, rows.destination_span());
        let from = from + rows.from as u64;
        if rows.height == 1 {
            self.context.bind()?;
            // SAFETY: the memory is that large, and its holder keeps it until the copy is done.
            let result =
                unsafe { sys::cuMemcpyDtoHAsync_v2(destination, from, rows.width, self.raw) };
            return self.context.check("cuMemcpyDtoHAsync_v2", result);
        }
        self.copy_2d(&sys::CUDA_MEMCPY2D {
            srcDevice: from,
            dstMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_HOST,
            dstHost: destination,
            ..between(rows)
        })
    }

    /// Copies within the device.
    pub(crate) fn copy_rows(&self, to: Address, from: Address, rows: &Rows) -> Result<(), Failure> {
        let (to, from) = (to + rows.to as u64, from + rows.from as u64);
        if rows.height == 1 {
            return self.copy(to, from, rows.width as u64);
        }
        self.copy_2d(&sys::CUDA_MEMCPY2D {
            srcDevice: from,
            dstDevice: to,
            ..between(rows)
        })
    }

    /// Copies from the memory of one device to that of another.
    pub(crate) fn copy_rows_peer(
        &self,
        (to, to_context): (Address, &Context),
        (from, from_context): (Address, &Context),
        rows: &Rows,
    ) -> Result<(), Failure> {
        let (to, from) = (to + rows.to as u64, from + rows.from as u64);
        if rows.height == 1 {
            let bytes = rows.width as u64;
            return self.copy_peer((to, to_context), (from, from_context), bytes);
        }
        self.context.bind()?;
        let copy = sys::CUDA_MEMCPY3D_PEER {
            srcXInBytes: 0,
            srcY: 0,
            srcZ: 0,
            srcLOD: 0,
            srcMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_DEVICE,
            srcHost: ptr::null(),
            srcDevice: from,
            srcArray: ptr::null_mut(),
            srcContext: from_context.raw(),
            srcPitch: rows.from_pitch,
            srcHeight: rows.height,
            dstXInBytes: 0,
            dstY: 0,
            dstZ: 0,
            dstLOD: 0,
            dstMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_DEVICE,
            dstHost: ptr::null_mut(),
            dstDevice: to,
            dstArray: ptr::null_mut(),
            dstContext: to_context.raw(),
            dstPitch: rows.to_pitch,
            dstHeight: rows.height,
            WidthInBytes: rows.width,
            Height: rows.height,
            Depth: 1,
        };
        // SAFETY: no memory of the host is named; the contexts are held by their values.
        let result = unsafe { sys::cuMemcpy3DPeerAsync(&raw const copy, self.raw) };
        self.context.check("cuMemcpy3DPeerAsync", result)
    }

    /// Whoever calls this keeps what the copy names of the host's memory until it is done.
    fn copy_2d(&self, copy: &sys::CUDA_MEMCPY2D) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: the callers above have checked that memory of the host is as large as that.
        let result = unsafe { sys::cuMemcpy2DAsync_v2(copy, self.raw) };
        self.context.check("cuMemcpy2DAsync_v2", result)
    }
}

/// A copy of rows inside a device, without its places.
fn between(rows: &Rows) -> sys::CUDA_MEMCPY2D {
    sys::CUDA_MEMCPY2D {
        srcXInBytes: 0,
        srcY: 0,
        srcMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_DEVICE,
        srcHost: ptr::null(),
        srcDevice: 0,
        srcArray: ptr::null_mut(),
        srcPitch: rows.from_pitch,
        dstXInBytes: 0,
        dstY: 0,
        dstMemoryType: sys::CUmemorytype::CU_MEMORYTYPE_DEVICE,
        dstHost: ptr::null_mut(),
        dstDevice: 0,
        dstArray: ptr::null_mut(),
        dstPitch: rows.to_pitch,
        WidthInBytes: rows.width,
        Height: rows.height,
    }
}
