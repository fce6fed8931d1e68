//! The macro that turns a declaration into types, a manifest and exports.

/// Declares a plugin; the crate's page shows a whole one.
#[macro_export]
macro_rules! plugin {
    (
        plugin $plugin:ident = $name:literal, version $version:literal;
        $( signal $signal:ident : $Signal:ident, because $reason:literal {
            $( $value:ident = $value_name:literal ),+ $(,)?
        } )*
        $( bucket $Bucket:ident { $( $range:ident = $width:literal ),+ $(,)? } )?
        $( slot $slot:ident : $Slot:ident $( , $kind:ident )* {
            $( $(#[$default:ident])? $variant:ident = $variant_name:literal ),+ $(,)?
        } )+
    ) => {
        #[doc = concat!("The plugin `", $name, "`.")]
        pub struct $plugin;

        $(
            #[doc = concat!("What may be known of `", stringify!($signal), "`.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[allow(missing_docs)]
            pub enum $Signal { $( $value, )+ Other, Any }

            impl $Signal {
                const NAMES: &'static [&'static str] = &[$( $value_name ),+];
                const ALL: &'static [Self] = &[$( Self::$value, )+ Self::Other, Self::Any];
            }
        )*

        $(
            /// The range of traffic that a visit falls into.
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[allow(missing_docs)]
            pub enum $Bucket { $( $range, )+ Any }

            impl $Bucket {
                const WIDTHS: &'static [u8] = &[$( $width ),+];
                const ALL: &'static [Self] = &[$( Self::$range, )+ Self::Any];
            }
            const _: () = $crate::macros::check::bucket($Bucket::WIDTHS);
        )?

        $(
            #[doc = concat!("The variants of `", stringify!($slot), "`.")]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            #[allow(missing_docs)]
            pub enum $Slot { $( $(#[$default])? $variant ),+ }

            impl $Slot {
                const NAMES: &'static [&'static str] = &[$( $variant_name ),+];
                const ALL: &'static [Self] = &[$( Self::$variant ),+];
            }
            $( const _: () = $crate::macros::check::name($variant_name); )+
        )+

        const _: () = {
            $crate::macros::check::name($name);
            $( $crate::macros::check::signal(stringify!($signal)); )*
            $crate::macros::check::domain(
                &[$( $Signal::NAMES.len() ),*],
                0 $( + $Bucket::WIDTHS.len() )?,
            );
            $crate::macros::check::slots(&[$( $Slot::NAMES.len() ),+]);
        };

        /// What may be known about a visit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub struct Seen {
            $( pub $signal: $Signal, )*
            $( pub bucket: $Bucket, )?
        }

        impl Seen {
            const RADICES: &'static [usize] = &[$( $Signal::ALL.len(), )* $( $Bucket::ALL.len(), )?];

            /// Everything that the host can ask about: all combinations but the one in which
            /// nothing is known.
            pub fn all() -> impl Iterator<Item = Self> {
                let cells: usize = Self::RADICES.iter().product();
                (0..cells - 1).map(|cell| {
                    #[allow(unused_mut, unused_variables)]
                    let mut rest = cell;
                    Self {
                        $( $signal: {
                            let radix = $Signal::ALL.len();
                            let id = rest % radix;
                            rest /= radix;
                            $Signal::ALL.get(id).copied().unwrap_or($Signal::Any)
                        }, )*
                        $( bucket: $Bucket::ALL.get(rest).copied().unwrap_or($Bucket::Any), )?
                    }
                })
            }
        }

        /// The variant of every slot.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub struct Choice { $( pub $slot: $Slot, )+ }

        /// One variant of one slot.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Shown { $( $Slot($Slot), )+ }

        impl $crate::Declared for $plugin {
            type Seen = Seen;
            type Choice = Choice;
            type Shown = Shown;

            fn manifest() -> $crate::Manifest {
                $crate::Manifest {
                    name: $name,
                    version: $version,
                    signals: $crate::macros::vec![$( $crate::Signal {
                        name: stringify!($signal),
                        reason: $reason,
                        values: $Signal::NAMES,
                    } ),*],
                    bucket: [$( $crate::Bucket { widths: $Bucket::WIDTHS } )?].into_iter().next(),
                    slots: $crate::macros::vec![$( $crate::Slot {
                        name: stringify!($slot),
                        variants: $Slot::NAMES,
                        default: <$Slot as Default>::default() as u8,
                        origin_variant: false $( || $crate::plugin!(@is_origin_variant $kind) )*,
                        price_like: false $( || $crate::plugin!(@is_price_like $kind) )*,
                    } ),+],
                }
            }

            #[allow(unused_variables, unused_mut)]
            fn seen(ids: [u8; 5], bucket: u8) -> Seen {
                let mut ids = ids.into_iter();
                Seen {
                    $( $signal: {
                        let id = usize::from(ids.next().unwrap_or(u8::MAX));
                        $Signal::ALL.get(id).copied().unwrap_or($Signal::Any)
                    }, )*
                    $( bucket: $Bucket::ALL.get(usize::from(bucket)).copied().unwrap_or($Bucket::Any), )?
                }
            }

            fn number(choice: &Choice) -> u32 {
                let number = 0;
                $( let number = number * $Slot::ALL.len() as u32 + choice.$slot as u32; )+
                number
            }

            fn shown(slot: u8, variant: u8) -> Option<Shown> {
                let variant = usize::from(variant);
                let rest = slot;
                $(
                    if rest == 0 {
                        return $Slot::ALL.get(variant).copied().map(Shown::$Slot);
                    }
                    let rest = rest - 1;
                )+
                let _ = rest;
                None
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::macros::bindings::export!($plugin with_types_in $crate::macros::bindings);
    };
    (@is_origin_variant origin_variant) => { true };
    (@is_origin_variant price_like) => { false };
    (@is_origin_variant $other:ident) => {
        compile_error!("a slot is followed by its brace, `, origin_variant` or `, price_like`")
    };
    (@is_price_like price_like) => { true };
    (@is_price_like $other:ident) => { false };
}
