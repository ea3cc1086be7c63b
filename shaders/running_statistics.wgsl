// The running statistics of a batch norm after a batch: r + momentum (s - r), where s is the batch's mean or, as in
// PyTorch, its unbiased variance: the biased one times `unbiased` = n / (n - 1). One invocation per channel.
struct Params { channels: u32, momentum: f32, unbiased: f32 }

@group(0) @binding(0) var<storage, read_write> running: array<f32>;    // [2, C]: mean, unbiased variance
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>; // [2, C]: mean, biased variance
@group(0) @binding(2) var<storage, read_write> next: array<f32>;       // [2, C], as running
@group(0) @binding(3) var<storage, read_write> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    let n = params.channels;
    if (c >= n) { return; }
    next[c] = running[c] + params.momentum * (statistics[c] - running[c]);
    next[c + n] = running[c + n] + params.momentum * (params.unbiased * statistics[c + n] - running[c + n]);
}
