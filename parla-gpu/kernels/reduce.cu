// Reductions: each block reduces its share to one value, by a tree in shared memory (Harris,
// "Optimizing parallel reduction in CUDA", 2007). A second launch with one block reduces those.
//
// Nothing is atomic, so the same shape of launch gives the same bits.

constexpr unsigned MOST = 1024;

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

struct Sum {
    template <typename T>
    __device__ T operator()(T a, T b) const {
        return a + b;
    }
};

struct Min {
    template <typename T>
    __device__ T operator()(T a, T b) const {
        return b < a ? b : a;
    }
};

struct Max {
    template <typename T>
    __device__ T operator()(T a, T b) const {
        return a < b ? b : a;
    }
};

template <typename T, typename Op>
__device__ __forceinline__ void reduce(unsigned n, T neutral, const T* x, T* out, Op op) {
    __shared__ T shared[MOST];
    const unsigned t = thread();
    const size_t step = blocks() * threads();
    T value = neutral;
    for (size_t i = block() * threads() + t; i < n; i += step) {
        value = op(value, x[i]);
    }
    shared[t] = value;
    __syncthreads();
    for (unsigned half = MOST / 2; half > 0; half /= 2) {
        if (t < half && t + half < threads()) {
            shared[t] = op(shared[t], shared[t + half]);
        }
        __syncthreads();
    }
    if (t == 0) {
        out[block()] = shared[0];
    }
}

// NVRTC has no header with these.
__device__ __forceinline__ float infinity_f32() {
    return __int_as_float(0x7f800000);
}

__device__ __forceinline__ double infinity_f64() {
    return __longlong_as_double(0x7ff0000000000000);
}

extern "C" {

/// Sums of the first `n` elements of `x`, one for each block, to `out`; the sum of nothing is zero.
///
/// It takes two launches: the first with any number of blocks, the second with one block and what the
/// first wrote. The same shapes give the same bits each time.
__global__ void sum_f32(unsigned n, const float* __restrict__ x, float* __restrict__ out) {
    reduce(n, 0.0f, x, out, Sum());
}

/// [`sum_f32`] of `f64`.
__global__ void sum_f64(unsigned n, const double* __restrict__ x, double* __restrict__ out) {
    reduce(n, 0.0, x, out, Sum());
}

/// [`sum_f32`] of `i32`, which wraps.
__global__ void sum_i32(unsigned n, const int* __restrict__ x, int* __restrict__ out) {
    reduce(n, 0u, (const unsigned*)x, (unsigned*)out, Sum());
}

/// [`sum_f32`] of `u32`, which wraps.
__global__ void sum_u32(unsigned n, const unsigned* __restrict__ x, unsigned* __restrict__ out) {
    reduce(n, 0u, x, out, Sum());
}

/// Minima, by two launches as for [`sum_f32`]; infinite for nothing. What is not a number is passed
/// over.
__global__ void min_f32(unsigned n, const float* __restrict__ x, float* __restrict__ out) {
    reduce(n, infinity_f32(), x, out, Min());
}

/// [`min_f32`] of `f64`.
__global__ void min_f64(unsigned n, const double* __restrict__ x, double* __restrict__ out) {
    reduce(n, infinity_f64(), x, out, Min());
}

/// [`min_f32`] of `i32`; `i32::MAX` for nothing.
__global__ void min_i32(unsigned n, const int* __restrict__ x, int* __restrict__ out) {
    reduce(n, 0x7fffffff, x, out, Min());
}

/// [`min_f32`] of `u32`; `u32::MAX` for nothing.
__global__ void min_u32(unsigned n, const unsigned* __restrict__ x, unsigned* __restrict__ out) {
    reduce(n, 0xffffffffu, x, out, Min());
}

/// Maxima, by two launches as for [`sum_f32`]; minus infinity for nothing. What is not a number is
/// passed over.
__global__ void max_f32(unsigned n, const float* __restrict__ x, float* __restrict__ out) {
    reduce(n, -infinity_f32(), x, out, Max());
}

/// [`max_f32`] of `f64`.
__global__ void max_f64(unsigned n, const double* __restrict__ x, double* __restrict__ out) {
    reduce(n, -infinity_f64(), x, out, Max());
}

/// [`max_f32`] of `i32`; `i32::MIN` for nothing.
__global__ void max_i32(unsigned n, const int* __restrict__ x, int* __restrict__ out) {
    reduce(n, (int)0x80000000, x, out, Max());
}

/// [`max_f32`] of `u32`; zero for nothing.
__global__ void max_u32(unsigned n, const unsigned* __restrict__ x, unsigned* __restrict__ out) {
    reduce(n, 0u, x, out, Max());
}

}
