//! Elements on the host, packed, as the runtime would hand them over.

use parla_gpu::bytemuck::{self, Pod};
use parla_runtime::{HostSource, HostTarget};

pub(crate) struct Packed(Vec<u8>);

impl Packed {
    pub(crate) fn of<T: Pod>(elements: &[T]) -> Self {
        Self(bytemuck::cast_slice(elements).to_vec())
    }

    pub(crate) fn to_vec<T: Pod>(&self) -> Vec<T> {
        let elements = self.0.chunks_exact(size_of::<T>());
        elements.map(bytemuck::pod_read_unaligned).collect()
    }
}

impl HostSource for Packed {
    fn bytes(&self) -> usize {
        self.0.len()
    }

    fn read(&self, offset: usize, to: &mut [u8]) {
        to.copy_from_slice(&self.0[offset..offset + to.len()]);
    }
}

impl HostTarget for Packed {
    fn bytes(&self) -> usize {
        self.0.len()
    }

    fn write(&mut self, offset: usize, from: &[u8]) {
        self.0[offset..offset + from.len()].copy_from_slice(from);
    }
}
