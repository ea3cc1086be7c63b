// Mean and biased variance of each set from those of its parts (Chan, Golub and LeVeque 1979); if scaled, in their place
// what normalises it, scale and shift of gamma (x - mean) / sqrt(variance + epsilon) + beta. One invocation per set.
struct Params {
    pixels: u32, planes: u32, skip: u32, sets: u32, parts: u32, // as in norm_statistics
    scaled: u32, affine: u32, channels: u32, epsilon: f32, // whether gamma and beta count, of channels
}

@group(0) @binding(0) var<storage, read_write> found: array<f32>;      // [2, S, parts]
@group(0) @binding(1) var<storage, read_write> gamma: array<f32>;      // [C], or anything if not affine
@group(0) @binding(2) var<storage, read_write> beta: array<f32>;       // [C], or anything if not affine
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>; // [2, S]
@group(0) @binding(4) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.sets) { return; }
    let at = id.x * params.parts;
    let after = params.sets * params.parts;
    var mean = 0.0;
    var squares = 0.0;
    var count = 0.0;
    for (var l = 0u; l < params.parts; l += 1u) {
        // Pixels l, l + parts, ... of each plane.
        let n = f32(((params.pixels - 1u - l) / params.parts + 1u) * params.planes);
        let d = found[at + l] - mean;
        let all = count + n;
        mean += d * n / all;
        squares += found[after + at + l] + d * d * count * n / all;
        count = all;
    }
    let variance = squares / count;
    if (params.scaled == 0u) {
        statistics[id.x] = mean;
        statistics[params.sets + id.x] = variance;
        return;
    }
    var scale = inverseSqrt(variance + params.epsilon);
    var shift = -mean * scale;
    if (params.affine == 1u) {
        let c = id.x % params.channels;
        shift = shift * gamma[c] + beta[c];
        scale *= gamma[c];
    }
    statistics[id.x] = scale;
    statistics[params.sets + id.x] = shift;
}
