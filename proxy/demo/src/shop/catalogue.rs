//! What the shop sells.

/// A shelf of the shop.
pub(super) struct Category {
    pub slug: &'static str,
    pub name: &'static str,
    pub promise: &'static str,
}

/// One thing that can be bought.
pub(super) struct Product {
    pub slug: &'static str,
    pub category: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    /// Euros.
    pub price: u32,
    pub pitch: &'static str,
    pub story: &'static str,
    pub facts: [(&'static str, &'static str); 3],
}

pub(super) const CATEGORIES: [Category; 4] = [
    Category {
        slug: "tents",
        name: "Tents & shelters",
        promise: "Up in minutes, quiet in the wind, dry at four in the morning.",
    },
    Category {
        slug: "packs",
        name: "Packs",
        promise: "Carried for years by the people who cut and sew them.",
    },
    Category {
        slug: "sleep",
        name: "Sleep",
        promise: "A warm night is most of a good day. Rated by cold sleepers.",
    },
    Category {
        slug: "kitchen",
        name: "Camp kitchen",
        promise: "Coffee before the view, dinner after it. Nothing you do not need.",
    },
];

pub(super) const PRODUCTS: [Product; 12] = [
    Product {
        slug: "larch-2",
        category: "tents",
        name: "Larch 2",
        kind: "Two-person tent",
        price: 349,
        pitch: "Two doors, two porches, no arguments.",
        story: "Our most pitched tent. The fly goes up first, so the inner stays dry in a downpour, \
                and both sleepers get a door and a porch of their own.",
        facts: [("Weight", "1.9 kg"), ("Packed", "42 × 14 cm"), ("Hydrostatic head", "3,000 mm")],
    },
    Product {
        slug: "cairn-1",
        category: "tents",
        name: "Cairn 1",
        kind: "Solo tent",
        price: 279,
        pitch: "Room to sit up, light enough to forget.",
        story: "A single pole, six pegs, three minutes. For those who walk alone and like to read \
                sitting up when it rains.",
        facts: [("Weight", "1.1 kg"), ("Packed", "36 × 11 cm"), ("Hydrostatic head", "2,500 mm")],
    },
    Product {
        slug: "heron-tarp",
        category: "tents",
        name: "Heron Tarp",
        kind: "Shelter, 3 × 3 m",
        price: 129,
        pitch: "A roof wherever two trees agree.",
        story: "Nineteen loops, endless shapes. Pitch it low against a storm or high over the \
                kitchen, and watch the rain from the dry side.",
        facts: [("Weight", "690 g"), ("Packed", "24 × 10 cm"), ("Loops", "19")],
    },
    Product {
        slug: "switchback-45",
        category: "packs",
        name: "Switchback 45",
        kind: "Trekking pack",
        price: 189,
        pitch: "Carries twelve kilos like eight.",
        story: "A back that adjusts while you wear it, hip fins that really hold, and a lid that \
                becomes a bag for the summit.",
        facts: [("Weight", "1.4 kg"), ("Volume", "45 + 8 l"), ("Load", "up to 14 kg")],
    },
    Product {
        slug: "daybreak-22",
        category: "packs",
        name: "Daybreak 22",
        kind: "Day pack",
        price: 95,
        pitch: "First tram out, last tram home.",
        story: "Water outside, lunch on top, a dry pocket for the camera. Small enough for the \
                bus, big enough for a sudden change of plan.",
        facts: [("Weight", "780 g"), ("Volume", "22 l"), ("Fabric", "recycled nylon")],
    },
    Product {
        slug: "errand-18",
        category: "packs",
        name: "Errand 18",
        kind: "Roll-top pack",
        price: 110,
        pitch: "Waterproof on weekdays too.",
        story: "Welded seams and a roll top keep the laptop dry in the week and the jumper dry at \
                the weekend. Stands up by itself, like good luggage should.",
        facts: [("Weight", "840 g"), ("Volume", "18–24 l"), ("Laptop", "up to 15 inch")],
    },
    Product {
        slug: "hollow-4",
        category: "sleep",
        name: "Hollow −4 °C",
        kind: "Down sleeping bag",
        price: 239,
        pitch: "Warm where you are cold, light where you are not.",
        story: "More down at the feet and the chest, less where you lie on it. The hood closes \
                with one hand, even a sleepy one.",
        facts: [("Weight", "890 g"), ("Comfort", "−4 °C"), ("Fill", "700 cuin, traceable")],
    },
    Product {
        slug: "moss-mat",
        category: "sleep",
        name: "Moss Mat",
        kind: "Insulated mat",
        price: 79,
        pitch: "Nine quiet centimetres between you and the roots.",
        story: "Blown up in eleven breaths, or with the sack that comes with it. It does not \
                crackle when you turn over. Your tent mate asked us for that.",
        facts: [("Weight", "520 g"), ("R-value", "4.2"), ("Packed", "25 × 10 cm")],
    },
    Product {
        slug: "dune-pillow",
        category: "sleep",
        name: "Dune Pillow",
        kind: "Camp pillow",
        price: 29,
        pitch: "Your jumper can go back to being a jumper.",
        story: "Foam chips over an air core, a brushed cover that washes at forty degrees, and a \
                loop that keeps it on the mat.",
        facts: [("Weight", "190 g"), ("Size", "40 × 28 cm"), ("Packed", "one fist")],
    },
    Product {
        slug: "ember-stove",
        category: "kitchen",
        name: "Ember Stove",
        kind: "Gas stove",
        price: 64,
        pitch: "A litre at the boil in three minutes, in wind.",
        story: "A deep burner head hides the flame from gusts, and the valve simmers low enough \
                for real cooking. Spare parts for ten years.",
        facts: [("Weight", "118 g"), ("Boil", "3:10 min a litre"), ("Fuel", "screw canister")],
    },
    Product {
        slug: "nest-set",
        category: "kitchen",
        name: "Nest Cook Set",
        kind: "Pots for two",
        price: 58,
        pitch: "Two pots, one lid, no rattle.",
        story: "Hard-anodized, marked in decilitres, with handles that stay cool. Everything goes \
                into everything else, and the stove goes into that.",
        facts: [("Weight", "410 g"), ("Volume", "1.4 + 0.9 l"), ("Serves", "two hungry people")],
    },
    Product {
        slug: "tarn-flask",
        category: "kitchen",
        name: "Tarn Flask",
        kind: "Insulated bottle",
        price: 34,
        pitch: "Still hot at the summit. We checked, often.",
        story: "Eighteen hours hot, thirty cold, one hand to open it. The powder coat ages like a \
                good boot: visibly, and for the better.",
        facts: [("Weight", "330 g"), ("Volume", "0.75 l"), ("Keeps hot", "18 h")],
    },
];

/// The category of that slug.
pub(super) fn category(slug: &str) -> Option<&'static Category> {
    CATEGORIES.iter().find(|c| c.slug == slug)
}

/// The product of that slug.
pub(super) fn product(slug: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|p| p.slug == slug)
}

/// Products in whose words every word of the query occurs.
pub(super) fn search(query: &str) -> Vec<&'static Product> {
    let query = query.to_lowercase();
    if query.trim().is_empty() {
        return Vec::new();
    }
    PRODUCTS
        .iter()
        .filter(|p| {
            let text = [p.name, p.kind, p.pitch, p.story, p.category].join(" ").to_lowercase();
            query.split_whitespace().all(|word| text.contains(word))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_stands_on_a_shelf_and_every_shelf_holds_three() {
        for shelf in &CATEGORIES {
            assert_eq!(PRODUCTS.iter().filter(|p| p.category == shelf.slug).count(), 3, "{}", shelf.slug);
        }
        assert!(PRODUCTS.iter().all(|p| category(p.category).is_some()));
    }

    #[test]
    fn search_needs_every_word_and_an_empty_query_finds_nothing() {
        let found = |query| search(query).iter().map(|p| p.slug).collect::<Vec<_>>();
        assert_eq!(found("DOORS two"), ["larch-2"]);
        assert!(found("  ").is_empty());
        assert!(found("bicycle").is_empty());
    }
}
