# add_layer(<name> [PLAIN] [DEPENDS <target>...] [PRIVATE <target>...])
#
# The library linger_<name>, made of every source file in this directory's folder <name> and below. A layer's
# includes start with its name ("domain/cause.h"). DEPENDS shows in its headers, PRIVATE does not.
# Which layer may include which is checked by tests/style/layers_test.py. PLAIN: it is compiled without optimisation for
# daily work, as nothing in it runs often.

# What most files include. tests/style/includes_test.py sees to it that a file still includes what it uses.
set(LINGER_COMMON_HEADERS
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <utility>
  <variant> <vector>)
set(LINGER_PLAIN_OPTIONS "$<$<AND:$<CONFIG:RelWithDebInfo>,$<NOT:$<BOOL:${LINGER_FUZZ}>>>:-O0>")

function(add_layer name)
  cmake_parse_arguments(LAYER "PLAIN" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(linger_${name} STATIC ${sources})
  target_include_directories(linger_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(linger_${name} PUBLIC ${LAYER_DEPENDS} PRIVATE ${LAYER_PRIVATE})
  target_precompile_headers(linger_${name} PRIVATE ${LINGER_COMMON_HEADERS})
  if(LAYER_PLAIN)
    target_compile_options(linger_${name} PRIVATE ${LINGER_PLAIN_OPTIONS})
  endif()
  if(LINGER_FUZZ)
    compile_together(linger_${name} ${sources})
  endif()
endfunction()

# Most of the time goes into headers, and the fuzzers are built once.
function(compile_together target)
  execute_process(COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/together.py ${ARGN}
    OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" groups "${groups}")
  set(number 0)
  foreach(group ${groups})
    math(EXPR number "${number} + 1")
    separate_arguments(group)
    set_source_files_properties(${group} PROPERTIES UNITY_GROUP ${number})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  target_compile_options(${target} PRIVATE -Wno-shadow) # of another file's names
endfunction()
