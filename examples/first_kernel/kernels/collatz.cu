// How many steps the numbers from `first` on take to 1: n/2 if n is even, 3n+1 if it is odd.
extern "C" __global__ void collatz(unsigned count, unsigned long long first,
                                   unsigned* __restrict__ steps) {
    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    unsigned long long n = first + i;
    unsigned taken = 0;
    while (n > 1) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        taken++;
    }
    steps[i] = taken;
}
