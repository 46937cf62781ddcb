#define KERNEL(name, T) extern "C" __global__ void name(T* x) { *x = 1; }

struct Particle {
    double x, y, z;
};

KERNEL(hidden, int)

__global__ void mangled(unsigned* in) {
    *in = 1;
}

extern "C" __global__ void moved(Particle p, long n, bool flag, unsigned* self, double* type) {
    *type = p.x + n + flag + *self;
}
