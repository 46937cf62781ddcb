// Products of matrices in row-major order, computed in tiles of C: the classical blocking of shared
// memory and registers (Volkov and Demmel, "Benchmarking GPUs to tune dense linear algebra", 2008).
//
// A block of 256 threads computes 64 by 64 elements of C, a thread 4 by 4 of them, which stand 16 apart
// so that neighbours read and write neighbours. Any shape of launch is right: blocks stride over the
// tiles, and a block with fewer threads computes its tile in several passes.

constexpr unsigned SIDE = 16;
constexpr unsigned EACH = 4;
constexpr unsigned TILE = SIDE * EACH;

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

/// Copies the part of ROWS by COLUMNS elements at (`row`, `column`) of a matrix, with zeros where that
/// leaves it.
template <typename T, unsigned ROWS, unsigned COLUMNS, bool TRANSPOSED, typename Shared>
__device__ __forceinline__ void load(Shared& part, const T* matrix, unsigned stride, size_t row,
                                     size_t column, size_t rows, size_t columns) {
    for (unsigned e = thread(); e < ROWS * COLUMNS; e += threads()) {
        const unsigned i = e / COLUMNS, j = e % COLUMNS;
        const bool inside = row + i < rows && column + j < columns;
        const T value = inside ? matrix[(row + i) * stride + column + j] : T(0);
        if (TRANSPOSED) {
            part[j][i] = value;
        } else {
            part[i][j] = value;
        }
    }
}

/// C = alpha A op(B) + beta C, where B is n by k if it is transposed; only tiles with elements on or
/// below the diagonal, and only those elements, if LOWER.
template <typename T, bool TRANSPOSED, bool LOWER>
__device__ __forceinline__ void gemm(unsigned m, unsigned n, unsigned k, T alpha, const T* a,
                                     unsigned lda, const T* b, unsigned ldb, T beta, T* c,
                                     unsigned ldc) {
    __shared__ T of_a[TILE][SIDE + 1];
    __shared__ T of_b[SIDE][TILE + 1];
    const size_t across = ((size_t)n + TILE - 1) / TILE;
    const size_t tiles = ((size_t)m + TILE - 1) / TILE * across;
    for (size_t tile = block(); tile < tiles; tile += blocks()) {
        const size_t row = tile / across * TILE, column = tile % across * TILE;
        if (LOWER && column > row) {
            continue;
        }
        for (unsigned pass = 0; pass < SIDE * SIDE; pass += threads()) {
            const unsigned x = (pass + thread()) % SIDE, y = (pass + thread()) / SIDE;
            T sum[EACH][EACH] = {};
            for (size_t p = 0; p < k; p += SIDE) {
                load<T, TILE, SIDE, false>(of_a, a, lda, row, p, m, k);
                if (TRANSPOSED) {
                    load<T, TILE, SIDE, true>(of_b, b, ldb, column, p, n, k);
                } else {
                    load<T, SIDE, TILE, false>(of_b, b, ldb, p, column, k, n);
                }
                __syncthreads();
                if (y < SIDE) {
                    for (unsigned q = 0; q < SIDE; q++) {
                        T left[EACH], right[EACH];
                        for (unsigned i = 0; i < EACH; i++) {
                            left[i] = of_a[y + i * SIDE][q];
                            right[i] = of_b[q][x + i * SIDE];
                        }
                        for (unsigned i = 0; i < EACH; i++) {
                            for (unsigned j = 0; j < EACH; j++) {
                                sum[i][j] += left[i] * right[j];
                            }
                        }
                    }
                }
                __syncthreads();
            }
            for (unsigned i = 0; y < SIDE && i < EACH; i++) {
                const size_t at = row + y + i * SIDE;
                const size_t end = at >= m ? 0 : LOWER ? at + 1 : n;
                T* to = c + at * ldc + column + x;
                for (unsigned j = 0; j < EACH; j++) {
                    if (column + x + j * SIDE < end) {
                        // `beta` of zero makes an end of anything, as in BLAS.
                        const T old = beta == T(0) ? T(0) : beta * to[j * SIDE];
                        to[j * SIDE] = alpha * sum[i][j] + old;
                    }
                }
            }
        }
    }
}

extern "C" {

/// `C = alpha A B + beta C`, where `A` is `m` by `k`, `B` `k` by `n` and `C` `m` by `n`, in row-major
/// order; `lda`, `ldb` and `ldc` are the distances between their rows. `C` is not read if `beta` is
/// zero.
///
/// Launch it with [`grid_for_tiles(m, n)`](crate::kernels::grid_for_tiles). Any shape is right; this one
/// gives each tile a block, and each block as many threads as it has work for.
__global__ void sgemm(unsigned m, unsigned n, unsigned k, float alpha, const float* __restrict__ a,
                      unsigned lda, const float* __restrict__ b, unsigned ldb, float beta,
                      float* __restrict__ c, unsigned ldc) {
    gemm<float, false, false>(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/// [`sgemm`] of `f64`.
__global__ void dgemm(unsigned m, unsigned n, unsigned k, double alpha,
                      const double* __restrict__ a, unsigned lda, const double* __restrict__ b,
                      unsigned ldb, double beta, double* __restrict__ c, unsigned ldc) {
    gemm<double, false, false>(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/// `C = alpha A Bᵀ + beta C`: [`sgemm`] with a `B` that is `n` by `k`.
__global__ void sgemm_nt(unsigned m, unsigned n, unsigned k, float alpha,
                         const float* __restrict__ a, unsigned lda, const float* __restrict__ b,
                         unsigned ldb, float beta, float* __restrict__ c, unsigned ldc) {
    gemm<float, true, false>(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/// [`sgemm_nt`] of `f64`.
__global__ void dgemm_nt(unsigned m, unsigned n, unsigned k, double alpha,
                         const double* __restrict__ a, unsigned lda, const double* __restrict__ b,
                         unsigned ldb, double beta, double* __restrict__ c, unsigned ldc) {
    gemm<double, true, false>(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/// `C = alpha A Aᵀ + beta C` on and below the diagonal of `C`, which is `n` by `n`; `A` is `n` by `k`.
/// What is above the diagonal is neither read nor written. Launched like [`sgemm`].
__global__ void ssyrk(unsigned n, unsigned k, float alpha, const float* __restrict__ a, unsigned lda,
                      float beta, float* __restrict__ c, unsigned ldc) {
    gemm<float, true, true>(n, n, k, alpha, a, lda, a, lda, beta, c, ldc);
}

/// [`ssyrk`] of `f64`.
__global__ void dsyrk(unsigned n, unsigned k, double alpha, const double* __restrict__ a,
                      unsigned lda, double beta, double* __restrict__ c, unsigned ldc) {
    gemm<double, true, true>(n, n, k, alpha, a, lda, a, lda, beta, c, ldc);
}

}
