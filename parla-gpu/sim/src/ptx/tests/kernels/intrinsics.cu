// More kernels for the tests of the interpreter. To compile: NVRTC, --gpu-architecture=compute_80.
extern "C" __global__ void bits(const unsigned* a, const unsigned* b, unsigned* out) {
  int i = threadIdx.x; unsigned x = a[i], y = b[i]; out += i * 12;
  out[0] = __popc(x) + 100 * __clz(x); out[1] = __brev(x); out[2] = __ffs(x); out[3] = __byte_perm(x, y, 0x5247);
  out[4] = __funnelshift_l(x, y, 7); out[5] = __funnelshift_r(x, y, 11); out[6] = __umulhi(x, y); out[7] = __usad(x, y, 5);
  out[8] = __dp4a(x, y, 3u); out[9] = (x & y) | (~x & 0x0f0f0f0f); out[10] = __uhadd(x, y); out[11] = min(x, y) ^ max((int)x, (int)y);
}
extern "C" __global__ void warp(const int* in, unsigned* out) {
  int i = threadIdx.x, v = in[i]; unsigned m = 0xffffffffu; int p;
  out[i * 5] = __reduce_add_sync(m, v); out[i * 5 + 1] = __reduce_max_sync(m, v); out[i * 5 + 2] = __match_all_sync(m, v, &p) + p;
  out[i * 5 + 3] = 0; if (v & 1) out[i * 5 + 3] = __activemask(); __syncwarp(); out[i * 5 + 4] = __reduce_or_sync(m, v);
}
extern "C" __global__ void halves(const float* x, unsigned short* out, float* back) {
  int i = threadIdx.x; unsigned short h; asm("{ cvt.rn.f16.f32 %0, %1; }" : "=h"(h) : "f"(x[i]));
  unsigned short s; asm("{ .reg .f16 t; add.f16 t, %1, %1; mov.b16 %0, t; }" : "=h"(s) : "h"(h)); out[i] = s;
  float f; asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(s)); back[i] = f;
}
struct Matrix { float v[4][4]; };
extern "C" __global__ void large_parameter(const __grid_constant__ Matrix m, const int* row, float* out) {
  int i = threadIdx.x; float s = 0; for (int k = 0; k < 4; ++k) s += m.v[row[i] & 3][k]; out[i] = s;
}
extern "C" __global__ void spin(long long cycles, unsigned* out) { long long t = clock64(); while (clock64() - t < cycles) __nanosleep(10); out[0] = 1; }
extern "C" __global__ void stencil(const double* __restrict__ in, double* out, int n) {
  __shared__ double s[66]; int t = threadIdx.x, i = blockIdx.x * 64 + t; s[t + 1] = i < n ? __ldg(in + i) : 0.0;
  if (t == 0) s[0] = i > 0 ? in[i - 1] : 0.0; if (t == 63) s[65] = i + 1 < n ? in[i + 1] : 0.0; __syncthreads();
  if (i < n) __stcs(out + i, 0.5 * s[t + 1] + 0.25 * (s[t] + s[t + 2]));
}
__device__ unsigned int ticket;
extern "C" __global__ void last_block(const int* in, int* partial, int* out) {
  __shared__ int s[4]; __shared__ bool last; int v = in[blockIdx.x * blockDim.x + threadIdx.x];
  for (int d = 16; d; d >>= 1) v += __shfl_xor_sync(0xffffffffu, v, d); if ((threadIdx.x & 31) == 0) s[threadIdx.x / 32] = v; __syncthreads();
  if (threadIdx.x == 0) { partial[blockIdx.x] = s[0] + s[1] + s[2] + s[3]; __threadfence(); last = atomicInc(&ticket, gridDim.x - 1) == gridDim.x - 1; }
  __syncthreads();
  if (last && threadIdx.x == 0) { int sum = 0; for (int b = 0; b < gridDim.x; ++b) sum += ((volatile int*)partial)[b]; out[0] = sum; }
}
extern "C" __global__ void sincos_and_more(const double* x, double* out) {
  int i = threadIdx.x; double s, c; sincos(x[i], &s, &c); out[i * 6] = s; out[i * 6 + 1] = c; out[i * 6 + 2] = erf(x[i]); out[i * 6 + 3] = atan2(x[i], 2.0);
  out[i * 6 + 4] = cbrt(x[i]); out[i * 6 + 5] = log1p(fabs(x[i]));
}
