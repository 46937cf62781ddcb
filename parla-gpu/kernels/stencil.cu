// One Jacobi step of the Laplace equation on a grid, by the 5-point stencil. Any shape of
// launch is right: threads stride over the points.

template <typename T>
__device__ __forceinline__ void step(unsigned rows, unsigned columns, const T* from, T* to) {
    const size_t down = (size_t)gridDim.y * blockDim.y, right = (size_t)gridDim.x * blockDim.x;
    for (size_t i = (size_t)blockIdx.y * blockDim.y + threadIdx.y; i < rows; i += down) {
        for (size_t j = (size_t)blockIdx.x * blockDim.x + threadIdx.x; j < columns; j += right) {
            const T* x = from + i * columns + j;
            const bool inner = i > 0 && i + 1 < rows && j > 0 && j + 1 < columns;
            to[i * columns + j] =
                inner ? (x[-(ptrdiff_t)columns] + x[columns] + x[-1] + x[1]) * T(0.25) : *x;
        }
    }
}

extern "C" {

/// A Jacobi step on a grid of `rows` by `columns` points in row-major order: each inner point of `to`
/// is the mean of its four neighbours in `from`, and the border is copied, so that the next step can
/// go back.
///
/// Launch it with [`grid_for_2d(columns, rows)`](crate::grid_for_2d).
__global__ void jacobi_f32(unsigned rows, unsigned columns, const float* __restrict__ from,
                           float* __restrict__ to) {
    step(rows, columns, from, to);
}

/// [`jacobi_f32`] of `f64`.
__global__ void jacobi_f64(unsigned rows, unsigned columns, const double* __restrict__ from,
                           double* __restrict__ to) {
    step(rows, columns, from, to);
}

}
