# add_layer(<name> [PLAIN] [DEPENDS <target>...] [PRIVATE <target>...])
#
# The library linger_<name>, made of every source file in this directory's folder <name> and below. A layer's
# includes start with its name ("domain/cause.h"). DEPENDS shows in its headers, PRIVATE does not.
# Which layer may include which is checked by tests/style/layers_test.py. PLAIN: it is compiled without optimisation for
# daily work, as nothing in it runs often.

# What most files include. clang-tidy runs without them, so a file still has to include what it uses.
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
endfunction()
