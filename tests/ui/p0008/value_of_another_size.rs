type Place = [f64; 2];

parla::kernels! {
    mod places = ptx ".visible .entry set(.param .align 8 .b8 place[24])" {
        pub fn set(place: Place);
    }
}

fn main() {}
