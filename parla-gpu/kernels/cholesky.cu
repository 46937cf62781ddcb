// The steps of a blocked Cholesky factorisation that are no products of matrices: `A = L Lᵀ` of a
// tile, and the tiles below it (Golub and Van Loan, "Matrix Computations", section 4.2). The products
// are `dsyrk` and `dgemm_nt` of gemm.cu.

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

/// Column by column: first what the columns to the left take away, then the division.
template <typename T>
__device__ __forceinline__ void potrf(unsigned n, T* a, unsigned lda, int* info) {
    __shared__ bool failed;
    if (block() != 0) {
        return;
    }
    const unsigned t = thread();
    if (t == 0) {
        failed = false;
        info[0] = 0;
    }
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j + t; i < n; i += threads()) {
            T sum = a[i * lda + j];
            for (size_t p = 0; p < j; p++) {
                sum -= a[i * lda + p] * a[j * lda + p];
            }
            a[i * lda + j] = sum;
        }
        __syncthreads();
        if (t == 0) {
            const T pivot = a[j * lda + j];
            // Not `pivot <= 0`, which is false of what is not a number.
            if (pivot > T(0)) {
                a[j * lda + j] = sqrt(pivot);
            } else {
                failed = true;
                info[0] = (int)j + 1;
            }
        }
        __syncthreads();
        if (failed) {
            return;
        }
        for (size_t i = j + 1 + t; i < n; i += threads()) {
            a[i * lda + j] /= a[j * lda + j];
        }
        __syncthreads();
    }
}

/// A row of `X` depends on no other row.
template <typename T>
__device__ __forceinline__ void trsm(unsigned m, unsigned n, const T* l, unsigned ldl, T* b,
                                     unsigned ldb) {
    const size_t step = blocks() * threads();
    for (size_t i = block() * threads() + thread(); i < m; i += step) {
        T* row = b + i * ldb;
        for (size_t j = 0; j < n; j++) {
            T sum = row[j];
            for (size_t p = 0; p < j; p++) {
                sum -= row[p] * l[j * ldl + p];
            }
            row[j] = sum / l[j * ldl + j];
        }
    }
}

extern "C" {

/// Factors the symmetric positive definite tile `a`, which is `n` by `n` in row-major order with rows
/// `lda` apart, into `L Lᵀ`. `L` takes the place of the part on and below the diagonal; the part above
/// is neither read nor written.
///
/// `info[0]` becomes zero; or, if `a` is not positive definite, `j + 1` for the first column `j` where
/// that shows, and the rest is left as it is then.
///
/// One block works, of any shape; other blocks have nothing to do.
__global__ void spotrf(unsigned n, float* a, unsigned lda, int* __restrict__ info) {
    potrf(n, a, lda, info);
}

/// [`spotrf`] of `f64`.
__global__ void dpotrf(unsigned n, double* a, unsigned lda, int* __restrict__ info) {
    potrf(n, a, lda, info);
}

/// Solves `X Lᵀ = B` for a lower triangular `l`, which is `n` by `n`; `X` takes the place of `b`, which
/// is `m` by `n`. Both are in row-major order, with rows `ldl` and `ldb` apart. The part of `l` above
/// its diagonal is not read.
///
/// Launch it with [`grid_for(m)`](crate::grid_for).
__global__ void strsm(unsigned m, unsigned n, const float* __restrict__ l, unsigned ldl, float* b,
                      unsigned ldb) {
    trsm(m, n, l, ldl, b, ldb);
}

/// [`strsm`] of `f64`.
__global__ void dtrsm(unsigned m, unsigned n, const double* __restrict__ l, unsigned ldl, double* b,
                      unsigned ldb) {
    trsm(m, n, l, ldl, b, ldb);
}

}
