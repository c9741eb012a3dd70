# add_layer(<name> [DEPENDS <target>...] [PRIVATE <target>...])
#
# The library linger_<name>, made of every source file in this directory's folder <name> and below. A layer's
# includes start with its name ("domain/cause.h"). DEPENDS shows in its headers, PRIVATE does not.
# Which layer may include which is checked by tests/style/layers_test.py.

function(add_layer name)
  cmake_parse_arguments(LAYER "" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(linger_${name} STATIC ${sources})
  target_include_directories(linger_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(linger_${name} PUBLIC ${LAYER_DEPENDS} PRIVATE ${LAYER_PRIVATE})
endfunction()
