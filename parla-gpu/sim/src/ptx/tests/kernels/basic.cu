// The kernels of the basic tests. Compiled with NVRTC for compute_52; the header of the PTX lowered to version 6.0.
extern "C" __global__ void saxpy(unsigned n, float a, const float* __restrict__ x, float* __restrict__ y){
  unsigned i = blockIdx.x*blockDim.x+threadIdx.x; if(i<n) y[i] = a*x[i]+y[i];
}
#define TS 16
extern "C" __global__ void sgemm_tiled(unsigned m, unsigned n, unsigned k, float alpha, const float* __restrict__ A, unsigned lda, const float* __restrict__ B, unsigned ldb, float beta, float* __restrict__ C, unsigned ldc){
  __shared__ float As[TS][TS]; __shared__ float Bs[TS][TS];
  unsigned r = blockIdx.y*TS+threadIdx.y, c = blockIdx.x*TS+threadIdx.x; float acc=0.f;
  for(unsigned t=0;t<(k+TS-1)/TS;++t){
    unsigned kc=t*TS+threadIdx.x, kr=t*TS+threadIdx.y;
    As[threadIdx.y][threadIdx.x] = (r<m && kc<k)? A[(size_t)r*lda+kc] : 0.f;
    Bs[threadIdx.y][threadIdx.x] = (kr<k && c<n)? B[(size_t)kr*ldb+c] : 0.f;
    __syncthreads();
    #pragma unroll
    for(int i=0;i<TS;++i) acc += As[threadIdx.y][i]*Bs[i][threadIdx.x];
    __syncthreads();
  }
  if(r<m && c<n){ float* p=&C[(size_t)r*ldc+c]; *p = alpha*acc + (beta==0.f?0.f:beta* *p); }
}
extern "C" __global__ void jacobi2d(unsigned nx, unsigned ny, const double* __restrict__ u, double* __restrict__ v){
  unsigned x = blockIdx.x*blockDim.x+threadIdx.x, y = blockIdx.y*blockDim.y+threadIdx.y;
  if(x>=1 && x+1<nx && y>=1 && y+1<ny){ size_t i=(size_t)y*nx+x; v[i]=0.25*(u[i-1]+u[i+1]+u[i-nx]+u[i+nx]); }
}
extern "C" __global__ void spin_ns(unsigned long long ns){
  unsigned long long t0,t1; asm volatile("mov.u64 %0, %globaltimer;":"=l"(t0)); do { asm volatile("mov.u64 %0, %globaltimer;":"=l"(t1)); } while(t1-t0<ns);
}
extern "C" __global__ void reduce_sum(unsigned n, const float* __restrict__ x, float* out){
  __shared__ float s[256]; unsigned t=threadIdx.x; float a=0; for(unsigned i=blockIdx.x*blockDim.x+t;i<n;i+=gridDim.x*blockDim.x) a+=x[i]; s[t]=a; __syncthreads();
  for(unsigned w=blockDim.x/2; w>0; w>>=1){ if(t<w) s[t]+=s[t+w]; __syncthreads(); } if(t==0) atomicAdd(out,s[0]);
}
