// dF[b,i,p] = scale * sum_j (dG[b,i,j] + dG[b,j,i]) F[b,j,p].
// One invocation per pixel, four channels and image: (p, i/4, b).
struct Params { channels: u32, pixels: u32, scale: f32, pad: u32 }

@group(0) @binding(0) var<storage, read_write> features: array<f32>;      // [B, C, N]
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;          // [B, C, C]
@group(0) @binding(2) var<storage, read_write> grad_features: array<f32>; // [B, C, N]
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = params.channels;
    let n = params.pixels;
    let i = id.y * 4u;
    if (id.x >= n || i >= c) { return; }
    let g = id.z * c * c;
    let f = id.z * c * n + id.x;
    // Rows past the last channel read the last one; their sums are not written.
    let r = min(vec4(i) + vec4(0u, 1u, 2u, 3u), vec4(c - 1u));
    var sum = vec4(0.0);
    for (var j = 0u; j < c; j += 1u) {
        let rows = g + r * c + j;
        let cols = g + j * c + r;
        let both = vec4(grad[rows.x] + grad[cols.x], grad[rows.y] + grad[cols.y],
                        grad[rows.z] + grad[cols.z], grad[rows.w] + grad[cols.w]);
        sum += both * features[f + j * n];
    }
    for (var a = 0u; a < 4u; a += 1u) {
        if (i + a < c) {
            grad_features[f + (i + a) * n] = sum[a] * params.scale;
        }
    }
}
