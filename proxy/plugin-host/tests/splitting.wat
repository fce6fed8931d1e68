;; A plugin with one slot `a` (variants `a`, `b`) over device phone and desktop, that shows `b` to the
;; second of its two bucket ranges, 70 and 30 hundredths wide, whatever the device.
;;
;; The manifest's record is at 0; then slots, signals, variants, values and ranges; strings from 512 on.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\02\00\00\01\00\00\00" "\00\02\00\00\01\00\00\00" "\40\00\00\00\01\00\00\00" "\60\00\00\00\01\00\00\00" "\a0\00\00\00\02\00\00\00")
  (data (i32.const 64) "\00\02\00\00\01\00\00\00" "\80\00\00\00\02\00\00\00" "\00\00\00\00")
  (data (i32.const 96) "\10\02\00\00\06\00\00\00" "\00\02\00\00\01\00\00\00" "\90\00\00\00\02\00\00\00")
  (data (i32.const 128) "\00\02\00\00\01\00\00\00" "\01\02\00\00\01\00\00\00")
  (data (i32.const 144) "\20\02\00\00\05\00\00\00" "\30\02\00\00\07\00\00\00")
  (data (i32.const 160) "\46\1e")
  (data (i32.const 512) "ab") (data (i32.const 528) "device") (data (i32.const 544) "phone") (data (i32.const 560) "desktop")
  (func (export "cloakroom:personalizer/plugin@0.1.0#describe") (result i32) i32.const 0)
  (func (export "cloakroom:personalizer/plugin@0.1.0#decide") (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.eq (local.get 5) (i32.const 1)))
  (func (export "cloakroom:personalizer/plugin@0.1.0#render") (param i32 i32) (result i32) i32.const 256))
