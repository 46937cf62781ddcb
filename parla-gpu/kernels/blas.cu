// Vectors: BLAS level 1. Any shape of launch is right: threads stride over the elements.

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

template <typename F>
__device__ __forceinline__ void each(unsigned n, F f) {
    const size_t step = blocks() * threads();
    for (size_t i = block() * threads() + thread(); i < n; i += step) {
        f(i);
    }
}

template <typename T>
__device__ __forceinline__ void axpy(unsigned n, T a, const T* x, T* y) {
    each(n, [=](size_t i) { y[i] = a * x[i] + y[i]; });
}

template <typename T>
__device__ __forceinline__ void scal(unsigned n, T a, T* x) {
    each(n, [=](size_t i) { x[i] = a * x[i]; });
}

template <typename T>
__device__ __forceinline__ void fill(unsigned n, T a, T* x) {
    each(n, [=](size_t i) { x[i] = a; });
}

extern "C" {

/// `y = a x + y` for the first `n` elements. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void saxpy(unsigned n, float a, const float* __restrict__ x, float* __restrict__ y) {
    axpy(n, a, x, y);
}

/// `y = a x + y` for the first `n` elements. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void daxpy(unsigned n, double a, const double* __restrict__ x, double* __restrict__ y) {
    axpy(n, a, x, y);
}

/// `x = a x` for the first `n` elements. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void sscal(unsigned n, float a, float* x) {
    scal(n, a, x);
}

/// `x = a x` for the first `n` elements. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void dscal(unsigned n, double a, double* x) {
    scal(n, a, x);
}

/// Sets the first `n` elements of `x` to `a`. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void sfill(unsigned n, float a, float* x) {
    fill(n, a, x);
}

/// Sets the first `n` elements of `x` to `a`. Launch it with [`grid_for(n)`](crate::grid_for).
__global__ void dfill(unsigned n, double a, double* x) {
    fill(n, a, x);
}

}
