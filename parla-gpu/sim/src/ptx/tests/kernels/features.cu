// Kernels for the tests of the interpreter. To compile: NVRTC, --gpu-architecture=compute_70.
__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
extern "C" __global__ void recursion(const int* n, int* out) { int i = threadIdx.x; out[i] = fibonacci(n[i]); }

struct Pair { double a; int b; };
__device__ __noinline__ Pair combine(Pair x, Pair y) { Pair r; r.a = x.a * y.a; r.b = x.b + y.b; return r; }
extern "C" __global__ void by_value(Pair x, const Pair* y, Pair* out) { int i = threadIdx.x; out[i] = combine(x, y[i]); }

__constant__ int table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
__device__ int counter = 7;
__device__ const char text[] = "pointed to";
__device__ const char* pointer = text + 3;
extern "C" __global__ void variables(int* out) {
  int i = threadIdx.x; out[i] = table[i & 7] + counter + pointer[i % 5];
  __syncthreads(); if (i == 0) counter = 100;
}

extern "C" __global__ void warp_reduce(const int* in, int* out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x; int v = in[i];
  for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(0xffffffffu, v, d);
  if ((threadIdx.x & 31) == 0) out[i / 32] = v;
}
extern "C" __global__ void shuffles(const int* in, int* out) {
  int i = threadIdx.x; int v = in[i]; unsigned m = 0xffffffffu;
  out[i * 8 + 0] = __shfl_sync(m, v, 5);
  out[i * 8 + 1] = __shfl_up_sync(m, v, 3);
  out[i * 8 + 2] = __shfl_down_sync(m, v, 2, 8);
  out[i * 8 + 3] = __shfl_xor_sync(m, v, 9);
  out[i * 8 + 4] = __ballot_sync(m, v > 20);
  out[i * 8 + 5] = __all_sync(m, v >= 0) + 2 * __any_sync(m, v == 3);
  out[i * 8 + 6] = __match_any_sync(m, v & 3);
  int half = 0;
  if (i & 1) half = __shfl_sync(0xaaaaaaaau, v, 3); else half = -v;
  out[i * 8 + 7] = half;
}
extern "C" __global__ void scan(const int* in, int* out, int n) {
  extern __shared__ int s[]; int i = threadIdx.x; s[i] = i < n ? in[i] : 0; __syncthreads();
  for (int d = 1; d < blockDim.x; d *= 2) { int v = i >= d ? s[i - d] : 0; __syncthreads(); s[i] += v; __syncthreads(); }
  if (i < n) out[i] = s[i];
}
extern "C" __global__ void atomics(int* i, unsigned* u, unsigned long long* l, float* f, double* d, int* lock) {
  __shared__ int s; if (threadIdx.x == 0) s = 0; __syncthreads(); atomicAdd(&s, 1); __syncthreads();
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&i[0], t); atomicSub(&i[1], t); atomicMin(&i[2], -t); atomicMax(&i[3], t); atomicExch(&i[4], s);
  atomicAnd(&u[0], ~(1u << (t & 31))); atomicOr(&u[1], 1u << (t & 31)); atomicXor(&u[2], t); atomicInc(&u[3], 9); atomicDec(&u[4], 9);
  atomicAdd(&l[0], (unsigned long long)t << 32); atomicMax(&l[1], (unsigned long long)t << 33);
  atomicAdd(f, 0.5f); atomicAdd(d, 0.25);
  while (atomicCAS(lock, 0, 1) != 0) {} i[5] = i[5] + 1; __threadfence(); atomicExch(lock, 0);
}
extern "C" __global__ void integers(const long long* a, const long long* b, long long* out) {
  int i = threadIdx.x; long long x = a[i], y = b[i];
  out[i * 4] = x / y; out[i * 4 + 1] = x % y; out[i * 4 + 2] = (unsigned long long)x / (unsigned long long)y; out[i * 4 + 3] = __mul64hi(x, y);
}
extern "C" __global__ void narrow(const signed char* a, const unsigned char* b, const short* c, unsigned short* d, signed char* e) {
  int i = threadIdx.x; d[i] = a[i] * b[i] + c[i]; e[i] = (signed char)(a[i] - b[i]);
}
extern "C" __global__ void vectors(const float4* a, const int2* b, float4* out) {
  int i = threadIdx.x; float4 v = a[i]; int2 w = b[i]; out[i] = make_float4(v.w * w.x, v.z + w.y, v.y, v.x);
}
extern "C" __global__ void locals(const int* index, int* out, int n) {
  int i = threadIdx.x; int a[16]; for (int k = 0; k < 16; ++k) a[k] = k * k + i; 
  for (int k = 0; k < n; ++k) { int j = index[k] & 15; a[j] += a[(j + k) & 15]; } int s = 0; for (int k = 0; k < 16; ++k) s = s * 3 + a[k]; out[i] = s;
}
extern "C" __global__ void cases(const int* in, int* out) {
  int i = threadIdx.x, r;
  switch (in[i]) { case 0: r = out[i] * 3; break; case 1: r = out[i] - 7; break; case 2: r = out[i] / 5; break; case 3: r = out[i] ^ 99; break;
    case 4: r = out[i] << 3; break; case 5: r = -out[i]; break; case 6: r = out[i] * out[i]; break; case 7: r = out[i] % 11; break; default: r = 12345; }
  out[i] = r;
}
extern "C" __global__ void mathematics(const float* x, float* out, const double* y, double* out64) {
  int i = threadIdx.x; float v = x[i];
  out[i * 8] = sinf(v); out[i * 8 + 1] = expf(v); out[i * 8 + 2] = powf(fabsf(v), 1.7f); out[i * 8 + 3] = logf(fabsf(v) + 1); 
  out[i * 8 + 4] = sqrtf(fabsf(v)); out[i * 8 + 5] = tanhf(v); out[i * 8 + 6] = v / 3.1f; out[i * 8 + 7] = fmodf(v, 0.7f);
  double w = y[i]; out64[i * 4] = exp(w); out64[i * 4 + 1] = sin(w) / w; out64[i * 4 + 2] = sqrt(fabs(w)); out64[i * 4 + 3] = pow(fabs(w), 0.3);
}
extern "C" __global__ void print(int n) { printf("thread %d of %u: %5.2f %s %c %llx%%\n", threadIdx.x, blockDim.x, n * 0.5, "text", 'x', 0xabcdefull << 8); }
extern "C" __global__ void block_votes(const int* in, int* out) {
  int v = in[threadIdx.x]; int c = __syncthreads_count(v > 0), a = __syncthreads_and(v > 0), o = __syncthreads_or(v > 5); out[threadIdx.x] = c * 4 + a * 2 + o;
}
extern "C" __global__ void asserted(int n) { extern __device__ void __assertfail(const char*, const char*, unsigned, const char*, size_t); if ((int)threadIdx.x >= n) __assertfail("threadIdx.x < n", "features.cu", 77, "asserted", 1); }
extern "C" __global__ void generic(int* out, int select) {
  __shared__ int s[32]; int l[4]; s[threadIdx.x] = 1000 + threadIdx.x; for (int k = 0; k < 4; ++k) l[(k + select) & 3] = 50 * k; __syncthreads();
  int* p = select == 0 ? &s[31 - threadIdx.x] : select == 1 ? &l[threadIdx.x & 3] : &out[threadIdx.x]; *p += 1; int v = *p; __syncthreads(); out[threadIdx.x] = v;
}
extern "C" __global__ void __launch_bounds__(64, 2) bounded(int* out) { out[threadIdx.x] = threadIdx.x; }
