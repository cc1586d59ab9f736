# static_library(TARGET FILE [LIBRARY...]): an imported target for an archive of the distribution, and what that
# needs in turn. The program is started for every command, and the dynamic loader takes about 0.1 ms for each shared
# library; what most commands do without is loaded late instead (engine/sys/late_library.h).
function(static_library target file)
  find_library(${target}_archive NAMES ${file} REQUIRED)
  mark_as_advanced(${target}_archive)
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${target}_archive}
                        INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
