//! What the elements of buffers can be.

/// Plain data: any bit pattern is a value, and there is nothing between the fields.
///
/// All types that are [`bytemuck::Pod`] are elements; structs get there with its derive macro:
///
/// ```
/// use parla_gpu::DeviceCopy;
/// use parla_gpu::bytemuck::{self, Pod, Zeroable};
///
/// #[derive(Clone, Copy, Pod, Zeroable)]
/// #[repr(C)]
/// struct Particle {
///     position: [f32; 3],
///     mass: f32,
/// }
///
/// fn is_element<T: DeviceCopy>() {}
/// is_element::<Particle>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an element of device memory",
    note = "an element is plain data: derive `bytemuck::Pod` and `bytemuck::Zeroable` on a `#[repr(C)]` struct"
)]
pub trait DeviceCopy: bytemuck::Pod + Send + Sync {}

impl<T: bytemuck::Pod + Send + Sync> DeviceCopy for T {}
