// Transposition through tiles in shared memory, so that reads and writes both go along rows (Ruetsch
// and Micikevicius, "Optimizing matrix transpose in CUDA", 2009).

constexpr unsigned SIDE = 16;

// Where the thread is, whatever the shape of the launch.
__device__ __forceinline__ unsigned thread() {
    return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ unsigned threads() {
    return blockDim.x * blockDim.y * blockDim.z;
}

__device__ __forceinline__ size_t block() {
    return ((size_t)blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
}

__device__ __forceinline__ size_t blocks() {
    return (size_t)gridDim.x * gridDim.y * gridDim.z;
}

template <typename T>
__device__ __forceinline__ void transpose(unsigned rows, unsigned columns, const T* from, T* to) {
    // One column more keeps the threads of a column of the tile in different banks.
    __shared__ T tile[SIDE][SIDE + 1];
    const size_t across = ((size_t)columns + SIDE - 1) / SIDE;
    const size_t tiles = ((size_t)rows + SIDE - 1) / SIDE * across;
    for (size_t at = block(); at < tiles; at += blocks()) {
        const size_t row = at / across * SIDE, column = at % across * SIDE;
        for (unsigned e = thread(); e < SIDE * SIDE; e += threads()) {
            const unsigned i = e / SIDE, j = e % SIDE;
            if (row + i < rows && column + j < columns) {
                tile[i][j] = from[(row + i) * columns + column + j];
            }
        }
        __syncthreads();
        for (unsigned e = thread(); e < SIDE * SIDE; e += threads()) {
            const unsigned i = e / SIDE, j = e % SIDE;
            if (column + i < columns && row + j < rows) {
                to[(column + i) * rows + row + j] = tile[j][i];
            }
        }
        __syncthreads();
    }
}

extern "C" {

/// Transposes `from`, which is `rows` by `columns`, to `to`, which is `columns` by `rows`, both in
/// row-major order.
///
/// Launch it with [`grid_for_2d(columns, rows)`](crate::grid_for_2d). Any shape is right: blocks stride
/// over tiles of 16 by 16 elements.
__global__ void transpose_f32(unsigned rows, unsigned columns, const float* __restrict__ from,
                              float* __restrict__ to) {
    transpose(rows, columns, from, to);
}

/// [`transpose_f32`] of `f64`.
__global__ void transpose_f64(unsigned rows, unsigned columns, const double* __restrict__ from,
                              double* __restrict__ to) {
    transpose(rows, columns, from, to);
}

}
