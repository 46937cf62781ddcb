parla::kernels! {
    mod vectors = "kernels/stale.cu";
}

fn main() {}
