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
    Vec x = Vec{} + 0.999f, y = Vec{} + 1e-3f;
    // Doce cadenas: bastantes para tapar la espera de cada suma. Sueltas, para que vivan en registros.
    Vec a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
    asm volatile("" : "+x"(x), "+x"(y));
    for (long s = 0; s < steps; ++s) {
        a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y, e = e * x + y, f = f * x + y;
        g = g * x + y, h = h * x + y, i = i * x + y, j = j * x + y, k = k * x + y, l = l * x + y;
        asm volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f));
        asm volatile("" : "+x"(g), "+x"(h), "+x"(i), "+x"(j), "+x"(k), "+x"(l));
    }
    const Vec sum = a + b + c + d + e + f + g + h + i + j + k + l;
    return 2.0 * (BYTES / 4) * 12 * double(steps) + double(sum[0] > 1e30f);
}
