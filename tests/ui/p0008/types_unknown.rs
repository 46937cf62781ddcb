parla::kernels! {
    mod vectors = "kernels/strange.cu";
}

fn main() {}
