// El techo de la máquina: sumas de productos que nunca salen de los registros. Lo usa measure.fma_peak.
#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX2__)
#define BYTES 32
#else
#define BYTES 16
#endif
typedef float Vec __attribute__((vector_size(BYTES)));

extern "C" double run(long steps) {
    constexpr int kChains = 12;  // bastantes para tapar la espera de cada suma
    Vec sums[kChains], x, y;
    for (int i = 0; i < BYTES / 4; ++i) x[i] = 0.999f, y[i] = 1e-3f;
    for (Vec& sum : sums) sum = x;
    for (long s = 0; s < steps; ++s) {
#pragma GCC unroll 12
        for (Vec& sum : sums) sum = sum * x + y;
#pragma GCC unroll 12
        for (Vec& sum : sums) asm volatile("" : "+x"(sum));
    }
    return 2.0 * (BYTES / 4) * kChains * double(steps) + double(sums[0][0] > 1e30f);
}
